// Rust's aho-corasick as a rival.
//
//   rival filter NEEDLES <in >out   replaces, streaming
//   rival match NEEDLES TEXT        all overlapping occurrences: prints their
//                                   tally as bench/answer.h does, and the
//                                   CPU seconds of a pass
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use std::{env, fs, io};

fn compile(path: &str) -> AhoCorasick {
    let text = fs::read_to_string(path).expect("the needles");
    let needles: Vec<&str> = text.lines().collect();
    AhoCorasickBuilder::new().auto_configure(&needles).build(&needles)
}

fn tally(automaton: &AhoCorasick, text: &[u8]) -> (u64, u64, u64) {
    let (mut count, mut last, mut sum) = (0, 0, 0u64);
    for found in automaton.find_overlapping_iter(text) {
        let (begin, end) = (found.start() as u64, found.end() as u64);
        count += 1;
        last = last.max(end);
        sum = sum.wrapping_add((begin + 1).wrapping_mul(end ^ 0x9e3779b97f4a7c15));
    }
    (count, last, sum)
}

// As the kernel counts them for this thread (proc(5), schedstat).
fn cpu_seconds() -> f64 {
    let line = fs::read_to_string("/proc/thread-self/schedstat").expect("schedstat");
    let first = line.split_whitespace().next().expect("schedstat");
    first.parse::<f64>().expect("schedstat") / 1e9
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let automaton = compile(&arguments[2]);
    if arguments[1] == "filter" {
        let masks = vec!["***"; automaton.pattern_count()];
        automaton
            .stream_replace_all(io::stdin().lock(), io::stdout().lock(), &masks)
            .expect("the text");
        return;
    }
    let text = fs::read(&arguments[3]).expect("the text");
    let answer = tally(&automaton, &text);
    // The kernel counts in ticks, so one pass may seem to take nothing.
    let (begin, mut passes, mut spent) = (cpu_seconds(), 0, 0.0);
    while passes < 3 || spent < 0.2 {
        assert_eq!(tally(&automaton, &text), answer);
        passes += 1;
        spent = cpu_seconds() - begin;
    }
    println!(
        "{} occurrences, the last ends at {}, sum {}",
        answer.0, answer.1, answer.2
    );
    println!("{}", spent / passes as f64);
}
