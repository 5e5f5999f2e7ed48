package kindtest

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// setting matches a remedy that sets one field of the rollout and does nothing else.
var setting = regexp.MustCompile(`^set (spec[A-Za-z0-9_.\[\]]*) to (\{n\}|\{[a-zA-Z].*\})$`)

// Remedies does as the remedies of a change say that set a field of the written object, and reads it
// again: what they pace must be in flight as they promise.
func Remedies(tb testing.TB, kind rollout.Kind, write rollout.Write, change rollout.Change) {
	tb.Helper()
	if write.Operation == rollout.Delete {
		return
	}
	for i, step := range change.Steps {
		step = step.Staying()
		says := setting.FindStringSubmatch(step.PaceRemedy)
		if says == nil || step.InFlight <= max(1, step.Least) {
			continue
		}
		for _, n := range []int{max(1, step.Least), step.InFlight - 1} {
			paced := write
			paced.Object = withField(tb, write.Object, says[1], strings.ReplaceAll(says[2], rollout.PerWave, strconv.Itoa(n)))
			read, err := kind.Reader.Read(tb.Context(), paced)
			g := gomega.NewWithT(tb)
			g.Expect(err).NotTo(gomega.HaveOccurred(), "%q with %d", step.PaceRemedy, n)
			for j, again := range read.Steps {
				// The others have remedies of their own.
				if len(read.Steps) == len(change.Steps) && j == i || len(read.Steps) == 1 {
					g.Expect(again.Staying().InFlight).To(gomega.BeNumerically("<=", n), "%q with %d", step.PaceRemedy, n)
				}
			}
		}
	}
}

// withField returns an object with another value, which is YAML, at a path.
func withField(tb testing.TB, object *rollout.Object, path, value string) *rollout.Object {
	tb.Helper()
	g := gomega.NewWithT(tb)
	var root, parsed any
	g.Expect(json.Unmarshal(object.JSON, &root)).To(gomega.Succeed())
	g.Expect(yaml.Unmarshal([]byte(value), &parsed)).To(gomega.Succeed())
	root = with(root, strings.FieldsFunc(path, func(char rune) bool { return strings.ContainsRune(".[]", char) }), parsed)
	text, err := json.Marshal(root)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	return Cut(tb, text)
}

func with(value any, path []string, leaf any) any {
	if len(path) == 0 {
		return leaf
	}
	if items, isList := value.([]any); isList {
		if at, err := strconv.Atoi(path[0]); err == nil && at < len(items) {
			items[at] = with(items[at], path[1:], leaf)
		}
		return items
	}
	members, isObject := value.(map[string]any)
	if !isObject {
		members = map[string]any{}
	}
	members[path[0]] = with(members[path[0]], path[1:], leaf)
	return members
}
