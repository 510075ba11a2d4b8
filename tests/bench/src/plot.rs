//! A line chart with logarithmic axes, as an SVG that is readable on light and on dark pages.

use crate::statistics::Digits;

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    /// What the chart shows.
    pub(crate) title: &'static str,
    /// What lies along the bottom, with its unit.
    pub(crate) x_label: &'static str,
    /// What lies along the side, with its unit.
    pub(crate) y_label: &'static str,
    /// At most as many as there are colours; the first is drawn strongest.
    pub(crate) lines: Vec<Line>,
}

/// Points that belong together; only those above 0 have a place on a logarithmic axis.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// What the legend calls it.
    pub(crate) name: String,
    /// x and y, ascending by x.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Plot {
    /// The whole file; `None` if there is nothing to draw.
    pub(crate) fn svg(&self) -> Option<String> {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x = Axis::around(points().map(|point| point.0), LEFT, WIDTH - RIGHT)?;
        let y = Axis::around(points().map(|point| point.1), HEIGHT - BOTTOM, TOP)?;
        let mut out = head(self.title);
        let mut put = |text: String| {
            out.push_str(&text);
            out.push('\n');
        };
        for tick in x.ticks() {
            let (at, label) = (x.place(tick), grouped(tick));
            let (top, bottom) = (TOP, HEIGHT - BOTTOM);
            put(format!(
                r#"<path class="grid" d="M{at:.1} {top}V{bottom}"/><text class="small" x="{at:.1}" y="{}" text-anchor="middle">{label}</text>"#,
                bottom + 18.0
            ));
        }
        for tick in y.ticks() {
            let (at, label) = (y.place(tick), grouped(tick));
            let (left, right) = (LEFT, WIDTH - RIGHT);
            put(format!(
                r#"<path class="grid" d="M{left} {at:.1}H{right}"/><text class="small" x="{}" y="{:.1}" text-anchor="end">{label}</text>"#,
                left - 8.0,
                at + 4.0
            ));
        }
        put(format!(
            r#"<text x="{LEFT}" y="24" class="title">{}</text>"#,
            escaped(self.title)
        ));
        put(format!(
            r#"<text class="small" x="{:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
            f64::midpoint(LEFT, WIDTH - RIGHT),
            HEIGHT - 12.0,
            escaped(self.x_label)
        ));
        let middle = f64::midpoint(TOP, HEIGHT - BOTTOM);
        put(format!(
            r#"<text class="small" transform="translate(18 {middle:.1}) rotate(-90)" text-anchor="middle">{}</text>"#,
            escaped(self.y_label)
        ));
        for (number, line) in self.lines.iter().enumerate().rev() {
            put(drawn(line, number, &x, &y));
        }
        out.push_str("</svg>\n");
        Some(out)
    }
}

/// A line with its points, and its name in the legend.
fn drawn(line: &Line, number: usize, x: &Axis, y: &Axis) -> String {
    let class = format!("l{}", number % COLOURS.len());
    let mut path = String::new();
    let mut dots = String::new();
    for (place, (px, py)) in line.points.iter().enumerate() {
        let (cx, cy) = (x.place(*px), y.place(*py));
        let step = if place == 0 { 'M' } else { 'L' };
        path.push_str(&format!("{step}{cx:.1} {cy:.1}"));
        dots.push_str(&format!(
            r#"<circle class="{class}" cx="{cx:.1}" cy="{cy:.1}" r="3.5"><title>{}: {}</title></circle>"#,
            grouped(*px),
            Digits(*py)
        ));
    }
    let row = f64::from(u32::try_from(number).unwrap_or(0)).mul_add(22.0, TOP + 12.0);
    let left = WIDTH - RIGHT + 20.0;
    format!(
        r#"<path class="line {class}" d="{path}"/>{dots}<path class="line {class}" d="M{left} {row}h22"/><text x="{}" y="{}">{}</text>"#,
        left + 30.0,
        row + 4.0,
        escaped(&line.name)
    )
}

/// One logarithmic axis: whole powers of ten around what is shown, between two places of the page.
struct Axis {
    low: i32,
    high: i32,
    from: f64,
    to: f64,
}

impl Axis {
    fn around(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Option<Self> {
        let logs = values.filter(|v| *v > 0.0 && v.is_finite()).map(f64::log10);
        let (mut low, mut high) = (None, None);
        for log in logs {
            low = Some(low.map_or(log, |l: f64| l.min(log)));
            high = Some(high.map_or(log, |h: f64| h.max(log)));
        }
        let (low, high) = (whole(low?.floor()), whole(high?.ceil()));
        Some(Self {
            low,
            high: high.max(low + 1),
            from,
            to,
        })
    }

    fn place(&self, value: f64) -> f64 {
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        let share = ((value.log10() - low) / (high - low)).clamp(0.0, 1.0);
        share.mul_add(self.to - self.from, self.from)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        (self.low..=self.high).map(|power| 10_f64.powi(power))
    }
}

/// The logarithm of an f64 lies within ±324.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a rounded number between -324 and 309"
)]
fn whole(log: f64) -> i32 {
    log.clamp(-400.0, 400.0) as i32
}

/// `0.01`, `1`, `10 000`: thousands apart.
fn grouped(value: f64) -> String {
    if value < 1.0 {
        return format!("{value}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

fn head(title: &str) -> String {
    let mut light = String::new();
    let mut dark = String::new();
    for (number, (on_light, on_dark)) in COLOURS.iter().enumerate() {
        light.push_str(&format!(".l{number}{{stroke:{on_light};fill:{on_light}}}"));
        dark.push_str(&format!(".l{number}{{stroke:{on_dark};fill:{on_dark}}}"));
    }
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{}">
<style>
text{{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1f2328}}
.title{{font-size:15px;font-weight:600}}.small{{font-size:12px;fill:#59636e}}
.grid{{stroke:#d1d9e0;stroke-width:1;fill:none}}
{light}
circle{{stroke:none}}.line{{fill:none;stroke-width:2}}.line.l0{{stroke-width:3}}
@media (prefers-color-scheme:dark){{text{{fill:#f0f6fc}}.small{{fill:#9198a1}}.grid{{stroke:#3d444d}}{dark}circle{{stroke:none}}.line{{fill:none}}}}
</style>
"#,
        escaped(title)
    )
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 84.0;
/// The legend stands there.
const RIGHT: f64 = 190.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 56.0;
/// On light pages and on dark ones; told apart without red against green as well.
const COLOURS: [(&str, &str); 7] = [
    ("#0969da", "#4493f8"),
    ("#bc4c00", "#f0883e"),
    ("#8250df", "#ab7df8"),
    ("#1a7f64", "#56d4bc"),
    ("#bf3989", "#db61a2"),
    ("#9a6700", "#d29922"),
    ("#59636e", "#9198a1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(lines: Vec<Line>) -> Plot {
        Plot {
            title: "A < B & \"C\"",
            x_label: "x",
            y_label: "µs",
            lines,
        }
    }

    fn line(name: &str, points: &[(f64, f64)]) -> Line {
        Line {
            name: name.to_owned(),
            points: points.to_vec(),
        }
    }

    #[test]
    fn text_is_escaped() {
        let lines = vec![line("<script>&", &[(1.0, 0.5), (1_000.0, 0.02)])];
        let svg = plot(lines).svg().expect("a chart");
        assert!(svg.contains("A &lt; B &amp; &quot;C&quot;"));
        assert!(svg.contains("&lt;script&gt;&amp;"));
        assert!(!svg.contains("<script>"));
    }

    #[test]
    fn the_axes_span_whole_powers_of_ten() {
        let axis = Axis::around([2.0, 5_000.0].into_iter(), 0.0, 400.0).expect("an axis");
        assert_eq!((axis.low, axis.high), (0, 4));
        assert!((axis.place(100.0) - 200.0).abs() < 1e-9);
        assert_eq!(axis.place(0.0), 0.0, "what has no place stays at the edge");
    }

    #[test]
    fn nothing_to_draw_is_no_chart() {
        assert!(plot(vec![]).svg().is_none());
        assert!(plot(vec![line("a", &[(0.0, 1.0)])]).svg().is_none());
    }

    #[test]
    fn thousands_stand_apart() {
        let written = [0.01, 1.0, 1_000.0, 1_234_567.0].map(grouped);
        assert_eq!(
            written,
            ["0.01", "1", "1\u{202f}000", "1\u{202f}234\u{202f}567"]
        );
    }
}
