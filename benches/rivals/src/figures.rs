//! Measuring, and what is printed of it.

use std::env;
use std::time::Duration;

use serde_json::json;

/// Measures one system.
pub struct Figures {
    system: &'static str,
    samples: usize,
    each: Duration,
}

impl Figures {
    /// Takes from the command line how many samples there are of each figure, and for how many
    /// milliseconds one goes on.
    pub fn of(system: &'static str) -> Self {
        let mut arguments = env::args().skip(1).map(|argument| argument.parse::<u64>().unwrap());
        let samples = arguments.next().unwrap_or(5) as usize;
        let each = Duration::from_millis(arguments.next().unwrap_or(300));
        Self { system, samples, each }
    }

    /// Measures `run`, which says how long so many messages take, and prints the figure.
    #[allow(clippy::print_stdout)]
    pub fn measure(&self, figure: &str, cores: usize, mut run: impl FnMut(u64) -> Duration) {
        let count = self.warm_up(&mut run);
        let sample = |_| run(count).as_nanos() as f64 / count as f64;
        let ns: Vec<f64> = (0..self.samples).map(sample).collect();
        let line = json!({ "system": self.system, "figure": figure, "cores": cores, "ns": ns });
        println!("{line}");
    }

    /// How many messages a sample has.
    fn warm_up(&self, run: &mut impl FnMut(u64) -> Duration) -> u64 {
        let mut count = 1000;
        loop {
            // What comes first finds everything cold, and would make the samples too small.
            run(count);
            let taken = run(count);
            if taken >= self.each / 2 {
                return (count as f64 * self.each.div_duration_f64(taken)) as u64;
            }
            count *= 2;
        }
    }
}
