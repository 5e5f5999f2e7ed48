package rollout_test

import (
	"strings"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const fingerprinted = `{"apiVersion":"g/v1","kind":"K","metadata":{"uid":"u","resourceVersion":"1","generation":1,` +
	`"labels":{"l":"1"},"managedFields":[]},"spec":{"a":1,"b":{"c":0,"d":"<"}},"status":{"n":1}}`

// TestFingerprint holds that only what a write of a rollout stores is told apart.
func TestFingerprint(t *testing.T) {
	of := func(replacing ...string) string {
		object, err := rollout.Cut([]byte(strings.NewReplacer(replacing...).Replace(fingerprinted)))
		gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
		fingerprint, err := rollout.Fingerprint(object)
		gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
		return fingerprint
	}
	g := gomega.NewWithT(t)
	first := of()
	g.Expect(first).To(gomega.HaveLen(64))
	for what, same := range map[string]string{
		"another status":                  of(`"n":1`, `"n":2`),
		"another version of the resource": of(`"resourceVersion":"1","generation":1`, `"resourceVersion":"2","generation":2`),
		"another order of fields":         of(`"a":1,"b":{"c":0,"d":"<"}`, `"b":{"d":"<","c":0},"a":1`),
		"no annotations by another name":  of(`"labels"`, `"annotations":{},"labels"`),
		"-0, which is read as 0":          of(`"c":0`, `"c":-0`),
		"an escape":                       of(`"<"`, `"\u003c"`),
	} {
		g.Expect(same).To(gomega.Equal(first), what)
	}
	gone, err := rollout.Gone("u")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	for what, other := range map[string]string{
		"another spec":       of(`"a":1`, `"a":2`),
		"another label":      of(`"l":"1"`, `"l":"2"`),
		"an annotation":      of(`"labels"`, `"annotations":{"a":"1"},"labels"`),
		"another object":     of(`"uid":"u"`, `"uid":"v"`),
		"its deletion":       gone,
		"a field of its own": of(`"status"`, `"data"`),
	} {
		g.Expect(other).NotTo(gomega.Equal(first), what)
	}
}
