//! Drawing a curve.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::colors::WHITE;

use crate::curves::{Curve, Line};
use crate::rounds::Rounds;
use crate::spread::Spread;

/// The same colour for the same line in every plot, and such that those who are colour-blind can
/// tell them apart (Okabe and Ito).
const COLORS: [(&str, RGBColor); 9] = [
    ("bare wasmtime", RGBColor(0, 0, 0)),
    ("components", RGBColor(0, 114, 178)),
    ("components, dense", RGBColor(240, 228, 66)),
    ("native actors", RGBColor(86, 180, 233)),
    ("Erlang/OTP", RGBColor(213, 94, 0)),
    ("kameo", RGBColor(0, 158, 115)),
    ("ractor", RGBColor(204, 121, 167)),
    ("actix", RGBColor(230, 159, 0)),
    ("extism, one call", RGBColor(128, 128, 128)),
];

type Point = (f64, Spread);

/// Writes the medians as lines, and at each point a stroke from the least to the most.
pub(crate) fn draw(file: &Path, curve: &Curve, rounds: &Rounds) {
    let points = |line: &Line| -> Vec<Point> {
        let at = |(step, id): (usize, &String)| Some((step as f64, rounds.ns(id)?));
        line.ids.iter().enumerate().filter_map(at).collect()
    };
    let lines: Vec<_> = curve.lines.iter().map(|line| (line.name, points(line))).collect();
    let spreads = || lines.iter().flat_map(|(_, points)| points).map(|(_, spread)| spread);
    let least = spreads().map(|spread| spread.least).fold(f64::INFINITY, f64::min);
    let most = spreads().map(|spread| spread.most).fold(0.0, f64::max);
    let (least, most) = (least / 1.3, most * 1.3);
    let along = -0.2..curve.steps.len() as f64 - 0.8;

    let area = SVGBackend::new(file, (860, 480)).into_drawing_area();
    area.fill(&WHITE).unwrap();
    // The legend has the right of the area to itself.
    let (area, legend) = area.split_horizontally(680);
    let mut chart = ChartBuilder::on(&area)
        .caption(curve.title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(48)
        .y_label_area_size(72)
        .build_cartesian_2d(along, (least..most).log_scale().with_key_points(ticks(least, most)))
        .unwrap();
    chart
        .configure_mesh()
        .x_labels(curve.steps.len())
        .x_label_formatter(&|at| step(curve, *at))
        .max_light_lines(0)
        .y_label_formatter(&|ns| time(*ns))
        .x_desc(curve.along)
        .label_style(("sans-serif", 14))
        .bold_line_style(RGBColor(224, 224, 224))
        .draw()
        .unwrap();
    for (at, (name, points)) in lines.iter().enumerate() {
        let (_, color) = COLORS.iter().find(|(of, _)| of == name).unwrap();
        let medians = points.iter().map(|(x, spread)| (*x, spread.median));
        chart.draw_series(LineSeries::new(medians.clone(), color.stroke_width(2))).unwrap();
        chart.draw_series(medians.map(|median| Circle::new(median, 4, color.filled()))).unwrap();
        let strokes = points.iter().map(|(x, Spread { least, most, .. })| {
            PathElement::new([(*x, *least), (*x, *most)], color.stroke_width(1))
        });
        chart.draw_series(strokes).unwrap();
        let middle = 60 + 24 * at as i32;
        legend.draw(&Circle::new((8, middle), 4, color.filled())).unwrap();
        let name = Text::new(*name, (22, middle - 7), ("sans-serif", 15));
        legend.draw(&name).unwrap();
    }
    area.present().unwrap();
}

/// The label at a place, if there is a step.
fn step(curve: &Curve, place: f64) -> String {
    let is_step = place >= 0.0 && place.fract() == 0.0;
    let step = is_step.then(|| curve.steps.get(place as usize)).flatten();
    step.map_or_else(String::new, |step| (*step).to_owned())
}

/// 1, 2 and 5 of each power of ten.
fn ticks(least: f64, most: f64) -> Vec<f64> {
    let powers = (0..12).map(|power| 10_f64.powi(power));
    let ticks = powers.flat_map(|power| [power, 2.0 * power, 5.0 * power]);
    ticks.filter(|tick| (least..=most).contains(tick)).collect()
}

fn time(ns: f64) -> String {
    if ns < 1000.0 { format!("{ns} ns") } else { format!("{} µs", ns / 1000.0) }
}
