// Command rights compares what Seawall is allowed with what it does: the rights that the chart gives to its service
// accounts, with everything turned on, and their requests in the audit logs of a run of all tests. It fails for each right
// that no request has used. Run it at the root of the repository:
//
//	rights DIRECTORY
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "rights:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("want one directory: that of the audit logs")
	}
	used, err := requests(args[0])
	if err != nil {
		return err
	}
	given, err := grants(ctx)
	if err != nil {
		return err
	}
	unused := unusedOf(given, used)
	if len(unused) > 0 {
		return fmt.Errorf("the chart gives rights that Seawall has not used:\n  %s", strings.Join(unused, "\n  "))
	}
	fmt.Printf("rights: %d, each of which was used\n", len(given)) //nolint:forbidigo // it is what the command is for
	return nil
}

// right is what an account may do with a resource.
type right struct {
	account, verb, group, resource string
}

func (r right) String() string {
	return fmt.Sprintf("%s: %s %s", r.account, r.verb, strings.TrimSuffix(r.resource+"."+r.group, "."))
}

// unusedOf returns the rights that no request has used. Who may list sees what a get shows.
func unusedOf(given, used []right) (unused []string) {
	for _, one := range given {
		as := one
		if one.verb == "get" {
			as.verb = "list"
		}
		if !slices.Contains(used, one) && !slices.Contains(used, as) {
			unused = append(unused, one.String())
		}
	}
	slices.Sort(unused)
	return slices.Compact(unused)
}
