// Command release builds what a release is made of into dist: the CLI for six platforms, the image,
// the chart, software bills of materials, the manifest of the plugin for krew, and checksums of them all.
// The CLI and the image come with the licences of what is linked into them.
// The same commit makes the same bytes, whoever builds it, where and when. Run it at the root of the
// repository by "make release", which builds the tools that it needs and names them.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

// release is what is built.
type release struct {
	stamp

	// output is the folder of what is released, and work one for what that is made of.
	output, work string
	// helm and sbom are the programs that package the chart and write bills of materials.
	helm, sbom string
	out        io.Writer
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	made := release{out: out}
	flags.StringVar(&made.helm, "helm", "", "the program helm")
	flags.StringVar(&made.sbom, "cyclonedx-gomod", "", "the program cyclonedx-gomod")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if made.stamp, err = readStamp(ctx, os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		return err
	}
	if made.output, err = filepath.Abs("dist"); err != nil {
		return err
	}
	if made.work, err = os.MkdirTemp("", "seawall-release-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(made.work) }()
	return made.build(ctx)
}

// build writes everything into a folder that holds nothing else.
func (r *release) build(ctx context.Context) error {
	if err := os.RemoveAll(r.output); err != nil {
		return err
	}
	if err := os.MkdirAll(r.output, 0o755); err != nil { //nolint:gosec // others may read a release
		return err
	}
	_, _ = fmt.Fprintf(r.out, "%s of %s\n", r.version, r.at.Format(time.RFC3339))
	for _, step := range []func(context.Context) error{r.plugins, r.images, r.chart, r.krew, r.checksums} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// told tells of a file that has been written.
func (r *release) told(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(r.out, "%8.1f MB  %s\n", float64(info.Size())/1e6, filepath.Base(path))
	return nil
}
