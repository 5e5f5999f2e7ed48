package applicationset

import (
	"bytes"
	"fmt"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// refusals counts sets of parameters that render to a name which the API server takes for no
// Application. Argo CD fails on each of them, writes the others, and then ends its reconcile before it
// deletes anything (applicationset_controller.go, createOrUpdateInCluster and deleteInCluster).
type refusals struct {
	count int
	// first is what the first of them renders to, if anybody may know it.
	first string
}

func (r *refusals) add(others refusals) {
	if r.count == 0 {
		r.first = others.first
	}
	r.count += others.count
}

// warning tells of them; what may be made of the inventory is not said.
func (r *refusals) warning(foreign bool) string {
	const wanted = `want lower case letters, digits, "-" and ".", at most 253 in all, beginning and ending with a letter or a digit`
	such := ""
	if !foreign {
		such = ", such as " + rollout.Quote(r.first)
	}
	return fmt.Sprintf("%d sets of parameters render to names that are refused%s (%s): "+
		"Argo CD creates no Applications for them, and removes none at all until that is mended", r.count, such, wanted)
}

// subdomain says whether a name is a DNS subdomain, as the API server asks of that of an Application.
func subdomain(name []byte) bool {
	if len(name) > longestName {
		return false
	}
	for label := range bytes.SplitSeq(name, []byte(".")) {
		if last := len(label) - 1; last < 0 || label[0] == '-' || label[last] == '-' {
			return false
		}
		for _, char := range label {
			if (char < 'a' || char > 'z') && (char < '0' || char > '9') && char != '-' {
				return false
			}
		}
	}
	return true
}
