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

	"k8s.io/apimachinery/pkg/runtime/schema"
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
	had, err := definitions(ctx)
	if err != nil {
		return err
	}
	all := len(given)
	given = slices.DeleteFunc(given, func(one right) bool {
		return !isOfAPIServer(one.group) && !had[schema.GroupResource{Group: one.group, Resource: one.resource}]
	})
	unused := unusedOf(given, used)
	if len(unused) > 0 {
		return fmt.Errorf("the chart gives rights that Seawall has not used:\n  %s", strings.Join(unused, "\n  "))
	}
	//nolint:forbidigo // it is what the command is for
	fmt.Printf("rights: %d, each of which was used; %d of what no test here can have\n", len(given), all-len(given))
	return nil
}

// right is what an account may do with a resource.
type right struct {
	account, verb, group, resource string
}

func (r right) String() string {
	return fmt.Sprintf("%s: %s %s", r.account, r.verb, strings.TrimSuffix(r.resource+"."+r.group, "."))
}

// reads are verbs of which each shows all that the others do: a watch begins with a list.
func reads() []string { return []string{"get", "list", "watch"} }

// unseen are rights that are needed where no test can be, and why.
func unseen() map[right]string {
	return map[right]string{
		{"seawall", "delete", "openreports.io", "clusterreports"}: "reports of rollouts in no namespace end as those in one do",
	}
}

// unusedOf returns the rights that no request has used.
func unusedOf(given, used []right) (unused []string) {
	for _, one := range given {
		verbs := []string{one.verb}
		if slices.Contains(reads(), one.verb) {
			verbs = reads()
		}
		isUsed := slices.ContainsFunc(verbs, func(verb string) bool {
			return slices.Contains(used, right{one.account, verb, one.group, one.resource})
		})
		if !isUsed && unseen()[one] == "" {
			unused = append(unused, one.String())
		}
	}
	slices.Sort(unused)
	return slices.Compact(unused)
}
