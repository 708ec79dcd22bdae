//! Takings by the hour, today's as bars and the same weekday's a week before as a dashed line.

use leptos::prelude::*;

/// Heights are in thousandths of the chart's own height: the server has done the sums.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// The whole chart in words, for those who can't see it.
    pub words: String,
    /// `last Sunday`
    pub before: String,
    pub ticks: Vec<Tick>,
    pub bars: Vec<Bar>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    pub label: String,
    pub height: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The hour it begins with: `14`.
    pub label: String,
    pub height: u32,
    pub height_before: u32,
    /// `14:00 €410.00, last Sunday €320.00`
    pub words: String,
}

pub fn show(chart: Chart) -> AnyView {
    let Chart { words, before, ticks, bars } = chart;
    if bars.is_empty() {
        return view! { <p class="soft no-takings">"Nothing has been sold yet today. The first sale shows up here."</p> }
            .into_any();
    }
    let width = bars.len() * 10;
    let points: Vec<String> = bars
        .iter()
        .enumerate()
        .map(|(place, bar)| format!("{},{}", place * 10 + 5, 1000 - bar.height_before.min(1000)))
        .collect();
    let tick = |tick: Tick| view! { <span style=format!("bottom: {}", percent(tick.height))>{tick.label}</span> };
    let bar = |bar: Bar| {
        view! {
            <span class="bar" title=bar.words>
                <i style=format!("height: {}", percent(bar.height))></i>
                <span>{bar.label}</span>
            </span>
        }
    };
    view! {
        <div class="chart num" role="img" aria-label=words>
            <div class="ticks">{ticks.into_iter().map(tick).collect_view()}</div>
            <div class="bars">
                {bars.into_iter().map(bar).collect_view()}
                <svg viewBox=format!("0 0 {width} 1000") preserveAspectRatio="none" aria-hidden="true">
                    <polyline points=points.join(" ") vector-effect="non-scaling-stroke"></polyline>
                </svg>
            </div>
        </div>
        <p class="small soft">"Dashed: " {before}</p>
    }
    .into_any()
}

fn percent(thousandths: u32) -> String {
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}
