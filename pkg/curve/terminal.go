package curve

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/guptarohit/asciigraph"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// Terminal says how to draw with characters.
type Terminal struct {
	// Columns is the width of the terminal, from 40.
	Columns int
	// Colours says that it shows ANSI colours. Without them every curve is of a character of its own.
	Colours bool
}

const (
	leastColumns = 40
	rows         = 20
	// offset is what the library puts between the percentages and the curves.
	offset = 3
	reset  = "\x1b[0m"
)

// pen is how one curve is drawn.
type pen struct {
	colour asciigraph.AnsiColor
	char   string
}

func pens() [MostRates]pen {
	return [MostRates]pen{
		{asciigraph.Blue, "*"}, {asciigraph.Orange, "+"}, {asciigraph.Green, "x"},
		{asciigraph.Magenta, "o"}, {asciigraph.Cyan, "%"}, {asciigraph.Yellow, "="},
	}
}

// Draw draws the picture with characters, and a table of what it shows.
func (p Picture) Draw(out io.Writer, on Terminal) error {
	width := max(on.Columns, leastColumns) - p.around()
	series := [][]float64{p.line(width)}
	colours := []asciigraph.AnsiColor{asciigraph.Red}
	chars := []asciigraph.CharSet{asciigraph.CreateCharSet("┄")}
	for i, curve := range p.Curves {
		pen := pens()[i]
		series, colours = append(series, p.sample(curve, width)), append(colours, pen.colour)
		chars = append(chars, pen.chars(on))
	}
	for i, curve := range p.Curves {
		if 0 < curve.Largest && curve.Largest <= p.Max {
			series, colours = append(series, p.mark(curve, width)), append(colours, pens()[i].colour)
			chars = append(chars, asciigraph.CreateCharSet("●"))
		}
	}
	options := []asciigraph.Option{
		asciigraph.Height(rows), asciigraph.LowerBound(0), asciigraph.UpperBound(p.top()), asciigraph.Offset(offset),
		asciigraph.YAxisValueFormatter(func(y float64) string { return p.label(y / p.top() * rows) }),
		asciigraph.XAxisRange(0, float64(p.Max)), asciigraph.XAxisTickCount(p.ticks()), asciigraph.XAxisValueFormatter(whole),
		asciigraph.SeriesChars(chars...),
	}
	if on.Colours {
		options = append(options, asciigraph.SeriesColors(colours...))
	}
	_, err := fmt.Fprintf(out, "Chance that %s in a wave of n environments\n\n%s\n\n", p.Subject(), asciigraph.PlotMany(series, options...))
	if err != nil {
		return err
	}
	return p.legend(out, on)
}

// around returns the columns beside the curves: percentages to the left, and what the last number
// below has to the right.
func (p Picture) around() int {
	longest := 0
	for row := range rows + 1 {
		longest = max(longest, len(p.label(float64(row))))
	}
	return longest + offset + 1 + (len(strconv.Itoa(p.Max))+1)/2
}

// label is the percentage of a row, counted from below.
func (p Picture) label(row float64) string {
	return risk.FormatPercent(p.top() * math.Round(row) / rows)
}

// ticks returns how many numbers the axis has.
func (p Picture) ticks() int {
	const few, many = 5, 7
	for count := many; count > few; count-- {
		if p.Max%(count-1) == 0 {
			return count
		}
	}
	return few
}

func whole(x float64) string { return fmt.Sprintf("%.0f", x) }

func (p pen) chars(on Terminal) asciigraph.CharSet {
	if on.Colours {
		return asciigraph.DefaultCharSet
	}
	return asciigraph.CreateCharSet(p.char)
}

// at returns the n of a column.
func (p Picture) at(column, width int) int {
	return int(math.Round(float64(column) * float64(p.Max) / float64(width-1)))
}

func (p Picture) line(width int) []float64 {
	line := make([]float64, width)
	for i := range line {
		line[i] = p.Limit.Max.Float64()
	}
	return line
}

func (p Picture) sample(curve Curve, width int) []float64 {
	values := make([]float64, width)
	for i := range values {
		values[i] = curve.At(p.at(i, width))
	}
	return values
}

// mark is a series of one point, the largest wave: the library draws the start of a series that then
// ends one column before where it starts.
func (p Picture) mark(curve Curve, width int) []float64 {
	values := make([]float64, 2+int(math.Round(float64(curve.Largest)*float64(width-1)/float64(p.Max))))
	for i := range values {
		values[i] = math.NaN()
	}
	values[len(values)-1] = curve.Probability
	return values
}

// legend says what the curves are.
func (p Picture) legend(out io.Writer, on Terminal) error {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "\tSUCCESS RATE\tLARGEST WAVE (●)\tITS CHANCE")
	for _, curve := range p.Curves {
		fmt.Fprintf(table, " \t%s\t%s\t%s\n", curve.Rate, curve.spell(), risk.FormatPercent(curve.Probability))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	// The keys are put in afterwards: escapes would count as columns.
	for i, line := range strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n") {
		if _, err := fmt.Fprintln(out, p.key(i-1, on)+strings.TrimRight(line[1:], " ")); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "\n┄ the limit, %s\n", p.Limit.Max.Percent())
	return err
}

// key is what a curve is drawn with.
func (p Picture) key(curve int, on Terminal) string {
	switch {
	case curve < 0:
		return " "
	case on.Colours:
		return pens()[curve].colour.String() + "━" + reset
	default:
		return pens()[curve].char
	}
}

func (c Curve) spell() string {
	if c.Unlimited() {
		return "any"
	}
	return strconv.Itoa(c.Largest)
}
