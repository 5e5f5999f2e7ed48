package curve

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"

	"github.com/go-analyze/charts"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// The picture in its own units, of which there are several to a pixel since the library draws to whole
// numbers, and where in it the curves are.
const (
	unit          = 4
	width, height = 800 * unit, 480 * unit
	left, right   = 70 * unit, 770 * unit
	above, below  = 100 * unit, 410 * unit
	samples       = 140

	textSize, titleSize = 11.0 * unit, 13.0 * unit
	thin, thick         = 1.0 * unit, 2.5 * unit
	// The key stands above the curves, in rows.
	keyTop, keyRow, keyColumn = 62 * unit, 22 * unit, 236 * unit
	keyLength, keysPerRow     = 24 * unit, 3
)

// role is a colour by what it is used for. The library knows colours only: each role is one that
// nothing else has, and is renamed to a variable of the style sheet afterwards.
type role uint8

const (
	paper role = iota + 1
	ink
	grid
	limitLine
	firstCurve
)

func (r role) colour() charts.Color { return charts.ColorRGB(uint8(r), 2, 3) }

func (r role) variable() string {
	switch r {
	case paper:
		return "--paper"
	case ink:
		return "--ink"
	case grid:
		return "--grid"
	case limitLine:
		return "--limit"
	default:
		return fmt.Sprintf("--curve-%d", r-firstCurve+1)
	}
}

// style has the colours for light and dark schemes. The paper has one of its own, so that the picture
// is legible on whatever it stands.
const style = `<style>
svg{--paper:#fff;--ink:#1f2328;--grid:#d8dee4;--limit:#cf222e;--curve-1:#0969da;--curve-2:#bc4c00;--curve-3:#1a7f37;` +
	`--curve-4:#8250df;--curve-5:#0a7d91;--curve-6:#7d5e00}
@media (prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--grid:#30363d;--limit:#ff7b72;--curve-1:#58a6ff;` +
	`--curve-2:#f0883e;--curve-3:#56d364;--curve-4:#bc8cff;--curve-5:#39c5cf;--curve-6:#e3b341}}
</style>
`

// SVG returns the picture as an image that needs nothing else: no font, no script, no other file.
func (p Picture) SVG() ([]byte, error) {
	canvas := canvas{charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: width, Height: height}), p, p.top()}
	canvas.FilledRect(0, 0, width, height, paper.colour(), paper.colour(), 0)
	canvas.text("Chance that "+p.Subject()+" in a wave of n environments", left, 32*unit, ink, titleSize)
	canvas.axes()
	for i, curve := range p.Curves {
		canvas.curve(curve, firstCurve+role(i))
	}
	canvas.limit()
	for i, curve := range p.Curves {
		canvas.mark(i, curve, firstCurve+role(i))
	}
	drawn, err := canvas.Bytes()
	if err != nil {
		return nil, err
	}
	return p.finish(drawn), nil
}

// finish puts in what the library does not know: a description, and colours by scheme.
func (p Picture) finish(drawn []byte) []byte {
	var renames []string
	for r := paper; r <= firstCurve+MostRates; r++ {
		renames = append(renames, r.colour().String(), "var("+r.variable()+")")
	}
	// Fonts that are not there are of no use, and a line for each element makes changes readable.
	renames = append(renames, "font-family:'Roboto Medium',sans-serif", "font-family:sans-serif",
		"\nL ", " L", "/><", "/>\n<", "</text><", "</text>\n<")
	text := strings.NewReplacer(renames...).Replace(string(bytes.TrimSpace(drawn)))
	head, body, _ := strings.Cut(text, ">")
	head = strings.Replace(head, ` xmlns:xlink="http://www.w3.org/1999/xlink"`, "", 1)
	head += fmt.Sprintf(` width="%d" height="%d"`, width/unit, height/unit)
	return []byte(head + ` role="img" aria-labelledby="title desc">` + "\n" +
		"<title id=\"title\">" + html.EscapeString("Chance that "+p.Subject()+" in a wave of n environments") + "</title>\n" +
		"<desc id=\"desc\">" + html.EscapeString(p.describe()) + "</desc>\n" + style + body + "\n")
}

// describe says in words what the picture shows.
func (p Picture) describe() string {
	said := make([]string, 0, len(p.Curves))
	for _, curve := range p.Curves {
		said = append(said, fmt.Sprintf("with a success rate of %s %s environments", curve.Rate, curve.spell()))
	}
	return fmt.Sprintf("One curve for each success rate p of a sync, rising from 0 to at most 100%%. "+
		"The limit is %s. The largest wave within it: %s.",
		p.Limit.Max.Percent(), strings.Join(said, ", "))
}

// canvas is what a picture is drawn on.
type canvas struct {
	*charts.Painter

	picture Picture
	top     float64
}

func (c canvas) x(n int) int { return left + (right-left)*n/c.picture.Max }

func (c canvas) y(probability float64) int { return below - int((below-above)*probability/c.top+0.5) }

func (c canvas) text(text string, x, y int, as role, size float64) {
	c.Text(text, x, y, 0, charts.FontStyle{FontSize: size, FontColor: as.colour()})
}

// aside writes a text so that it ends at x (1), begins there (0), or has it in its middle (0.5).
func (c canvas) aside(text string, x, y int, share float64, as role) {
	box := c.MeasureText(text, 0, charts.FontStyle{FontSize: textSize, FontColor: as.colour()})
	c.text(text, x-int(share*float64(box.Width())), y, as, textSize)
}

func (c canvas) line(x1, y1, x2, y2 int, as role, width float64) {
	c.LineStroke([]charts.Point{{X: x1, Y: y1}, {X: x2, Y: y2}}, as.colour(), width)
}

func (c canvas) axes() {
	step := tick(c.top)
	for i := range 1 + int(math.Round(c.top/step)) {
		y := c.y(float64(i) * step)
		c.line(left, y, right, y, grid, thin)
		c.aside(risk.FormatPercent(float64(i)*step), left-8*unit, y+5*unit, 1, ink)
	}
	apart := max(1, int(tick(float64(c.picture.Max))))
	for n := 0; n <= c.picture.Max; n += apart {
		c.line(c.x(n), below, c.x(n), below+5*unit, ink, thin)
		c.aside(strconv.Itoa(n), c.x(n), below+22*unit, 0.5, ink)
	}
	c.line(left, below, right, below, ink, thin)
	c.aside("n, the environments that sync together", (left+right)/2, below+50*unit, 0.5, ink)
}

func (c canvas) curve(curve Curve, as role) {
	points := make([]charts.Point, 0, samples+1)
	for i := range samples + 1 {
		n := c.picture.Max * i / samples
		points = append(points, charts.Point{X: c.x(n), Y: c.y(curve.At(n))})
	}
	c.LineStroke(points, as.colour(), thick)
}

func (c canvas) limit() {
	y := c.y(c.picture.Limit.Max.Float64())
	c.DashedLineStroke([]charts.Point{{X: left, Y: y}, {X: right, Y: y}}, limitLine.colour(), 1.5*unit, []float64{6 * unit, 4 * unit})
	y += 17 * unit // where no curve is that has passed it
	if y > below-3*unit {
		y -= 24 * unit
	}
	c.aside("limit "+c.picture.Limit.Max.Percent(), right, y, 1, limitLine)
}

// mark draws the largest wave, and what the curve is in the key.
func (c canvas) mark(number int, curve Curve, as role) {
	from, at := left+number%keysPerRow*keyColumn, keyTop+number/keysPerRow*keyRow
	c.line(from, at-5*unit, from+keyLength, at-5*unit, as, thick)
	c.text(fmt.Sprintf("p = %s: n up to %s", curve.Rate, curve.spell()), from+keyLength+8*unit, at, ink, textSize)
	if curve.Largest == 0 || curve.Largest > c.picture.Max {
		return
	}
	x, y := c.x(curve.Largest), c.y(curve.Probability)
	c.line(x, y, x, below, as, thin)
	c.Circle(4.5*unit, x, y, as.colour(), paper.colour(), 1.5*unit)
	if x > left+40*unit { // else the percentages of the axis are there, and the key says it
		c.aside(curve.spell(), x-6*unit, y-7*unit, 1, as) // the curve comes from below
	}
}
