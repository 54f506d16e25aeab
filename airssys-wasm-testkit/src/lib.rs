//! Tests of components and of systems of them: guests from text, probes, virtual time, seeded order
