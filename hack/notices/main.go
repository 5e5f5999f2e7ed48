// Command notices writes the notices that a program owes to those whose code is in it: the licence, and
// what else it asks to pass on, of each module that is linked into it on any of the platforms. The texts are
// those that the modules themselves have, and the same modules make the same bytes. Run it at the root of
// the repository:
//
//	notices -output dist/THIRD-PARTY.txt -platforms "linux/amd64 windows/arm64" ./cmd/kubectl-seawall
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("notices", flag.ContinueOnError)
	output := flags.String("output", "dist/THIRD-PARTY.txt", "the file to write")
	platforms := flags.String("platforms", runtime.GOOS+"/"+runtime.GOARCH, "what the program is built for: SYSTEM/ARCHITECTURE ...")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("want one package: the program's, such as ./cmd/kubectl-seawall")
	}
	program := flags.Arg(0)
	linked, err := linkedInto(ctx, program, strings.Fields(*platforms))
	if err != nil {
		return err
	}
	works, err := read(linked)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(*output), 0o755); err != nil { //nolint:gosec // others may read it
		return err
	}
	return os.WriteFile(*output, page(filepath.Base(program), works), 0o644) //nolint:gosec // others may read it
}
