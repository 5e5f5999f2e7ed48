package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/curve"
	"github.com/seawall-dev/seawall/pkg/risk"
)

const (
	formatTerminal = "terminal"
	formatSVG      = "svg"
)

// curveOptions are the flags of curve.
type curveOptions struct {
	rates        []string
	limit        string
	tolerated    int
	max          int
	output, file string
}

func newCurve(streams genericiooptions.IOStreams) *cobra.Command {
	options := curveOptions{}
	command := &cobra.Command{
		Use:   "curve",
		Short: "Draw how likely a wave is to fail against its size, and where it passes a limit",
		Long: "Draws 1 - p^n: the chance that at least one of the n syncs of a wave fails, of which each succeeds with probability p, " +
			"with the limit of a policy and the largest wave within it.",
		Example: `  # In the terminal, for three success rates
  kubectl seawall curve --success-rate 0.99,0.995,0.999 --limit 0.2

  # As an image
  kubectl seawall curve --success-rate 99.5% --limit 10% -o svg --file curve.svg`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return options.run(streams) },
	}
	flags := command.Flags()
	flags.StringSliceVar(&options.rates, "success-rate", []string{"0.99"},
		"chance that one sync succeeds, such as 0.99 or 99.5%; several make several curves")
	flags.StringVar(&options.limit, "limit", "0.2", "largest chance that a wave fails which is allowed, such as 0.2 or 20%")
	flags.IntVar(&options.tolerated, "tolerated", 0, "how many failures do not matter")
	flags.IntVar(&options.max, "max", 0, "the largest n of the picture; 0 for somewhat more than where the curves pass the limit")
	flags.StringVarP(&options.output, "output", "o", formatTerminal, "terminal, svg, table, json or yaml")
	complete(command, "output", formatTerminal, formatSVG, formatTable, formatJSON, formatYAML)
	flags.StringVar(&options.file, "file", "", "where to write the image; standard output if it is not set")
	return command
}

func (o curveOptions) run(streams genericiooptions.IOStreams) error {
	picture, err := o.picture()
	if err != nil {
		return err
	}
	switch o.output {
	case formatSVG:
		return o.image(streams.Out, picture)
	case formatTable:
		return tabulate(streams.Out, picture)
	case formatJSON, formatYAML:
		return printAs(streams.Out, o.output, newCurveReport(picture))
	default:
		on := screenOf(streams.Out)
		return picture.Draw(streams.Out, curve.Terminal{Columns: on.columns, Colours: on.colours})
	}
}

func (o curveOptions) picture() (curve.Picture, error) {
	if err := oneOf("output", o.output, formatTerminal, formatSVG, formatTable, formatJSON, formatYAML); err != nil {
		return curve.Picture{}, err
	}
	if o.file != "" && o.output != formatSVG {
		return curve.Picture{}, fmt.Errorf("--file is %q: want it with --output svg only, which is %q", o.file, o.output)
	}
	request := curve.Request{Limit: risk.Limit{Tolerated: o.tolerated}, Max: o.max}
	var err error
	if request.Limit.Max, err = parseLimit("limit", o.limit); err != nil {
		return curve.Picture{}, err
	}
	for _, text := range o.rates {
		rate, err := parseRate("success-rate", text)
		if err != nil {
			return curve.Picture{}, err
		}
		request.Rates = append(request.Rates, rate)
	}
	picture, err := curve.New(request)
	if invalid, is := errors.AsType[*curve.InvalidError](err); is {
		return curve.Picture{}, fmt.Errorf("--%w", invalid)
	}
	return picture, err
}

func (o curveOptions) image(out io.Writer, picture curve.Picture) error {
	image, err := picture.SVG()
	if err != nil {
		return err
	}
	if o.file != "" {
		return os.WriteFile(o.file, image, 0o644) //nolint:gosec // an image for everybody
	}
	_, err = out.Write(image)
	return err
}

func tabulate(out io.Writer, picture curve.Picture) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprint(table, "N")
	for _, curve := range picture.Curves {
		fmt.Fprintf(table, "\tP = %s", curve.Rate)
	}
	for _, point := range picture.Points() {
		fmt.Fprintf(table, "\n%d", point.N)
		for _, chance := range point.Chances {
			over := ""
			if chance.Exceeded {
				over = " *"
			}
			fmt.Fprintf(table, "\t%s%s", risk.FormatPercent(chance.Probability), over)
		}
	}
	fmt.Fprintln(table)
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nChance that %s in a wave of n environments; * is over the limit of %s.\n",
		picture.Subject(), picture.Limit.Max.Percent())
	return err
}

// curveReport is what machines read.
type curveReport struct {
	Limit             string       `json:"limit"`
	ToleratedFailures int          `json:"toleratedFailures"`
	Max               int          `json:"max"`
	Curves            []curveEntry `json:"curves"`
}

type curveEntry struct {
	SuccessRate string `json:"successRate"`
	// LargestWave is null where the limit allows a wave of any size.
	LargestWave *int         `json:"largestWave"`
	Probability float64      `json:"probability"`
	Points      []curvePoint `json:"points"`
}

type curvePoint struct {
	Environments int     `json:"environments"`
	Probability  float64 `json:"probability"`
	Exceeded     bool    `json:"exceeded"`
}

func newCurveReport(picture curve.Picture) curveReport {
	report := curveReport{Limit: picture.Limit.Max.String(), ToleratedFailures: picture.Limit.Tolerated, Max: picture.Max}
	points := picture.Points()
	for i, curve := range picture.Curves {
		entry := curveEntry{SuccessRate: curve.Rate.String(), Probability: curve.Probability}
		if !curve.Unlimited() {
			entry.LargestWave = &curve.Largest
		}
		for _, point := range points {
			entry.Points = append(entry.Points, curvePoint{point.N, point.Chances[i].Probability, point.Chances[i].Exceeded})
		}
		report.Curves = append(report.Curves, entry)
	}
	return report
}
