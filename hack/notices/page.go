package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// page spells out what is in a program, and then each text once, with those it is of.
func page(program string, works []work) []byte {
	var out strings.Builder
	fmt.Fprintf(&out, "Third-party software in %s\n\n", program)
	out.WriteString("Beside Seawall's own code, which LICENSE is about, this program holds code of these works.\n" +
		"Below the list are their licences and notices, each with the works that it is of. Where a work\n" +
		"leaves the choice between licences, the one that is not the GNU General Public License is taken.\n\n")
	order, of := []string{}, map[string][]string{}
	for _, each := range works {
		fmt.Fprintf(&out, "  %s %s (%s)\n", each.name, each.version, strings.Join(each.licences, ", "))
		for _, path := range slices.Sorted(maps.Keys(each.texts)) {
			text := each.texts[path]
			if _, known := of[text]; !known {
				order = append(order, text)
			}
			of[text] = append(of[text], fmt.Sprintf("%s %s: %s", each.name, each.version, path))
		}
	}
	for _, text := range order {
		fmt.Fprintf(&out, "\n%s\n%s\n%s\n\n%s", strings.Repeat("=", 80), strings.Join(of[text], "\n"), strings.Repeat("-", 80), text)
	}
	return []byte(out.String())
}
