package rollout_test

import (
	"encoding/json"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestCut(t *testing.T) {
	g := gomega.NewWithT(t)
	object, err := rollout.Cut([]byte(`{"apiVersion":"v1","kind":"X","metadata":{"labels":{"a":"b"},"annotations":{"c":"d"},"Labels":7},` +
		`"spec": {"a\u0062": [1, {"x": "}"}], "b":null,"b":"2"},"status":{"spec":1}}`))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(object.APIVersion).To(gomega.Equal("v1"))
	g.Expect(object.Metadata.Labels).To(gomega.Equal(map[string]string{"a": "b"}))
	g.Expect(object.Metadata.Annotations).To(gomega.Equal(map[string]string{"c": "d"}))
	g.Expect(object.Spec).To(gomega.Equal(rollout.Fields{"ab": json.RawMessage(`[1, {"x": "}"}]`), "b": json.RawMessage(`"2"`)}))
	g.Expect(string(object.Status)).To(gomega.Equal(`{"spec":1}`))
	g.Expect(string(object.RawSpec)).To(gomega.HavePrefix(`{"a\u0062"`))
}

func TestASpecThatIsNoObjectHasNoFields(t *testing.T) {
	g := gomega.NewWithT(t)
	for _, spec := range []string{`7`, `[]`, `null`, `"{}"`} {
		object, err := rollout.Cut([]byte(`{"metadata":{},"spec":` + spec + `}`))
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(object.Spec).To(gomega.BeNil())
		g.Expect(string(object.RawSpec)).To(gomega.Equal(spec))
	}
}

func TestWhatIsNoObjectCannotBeCut(t *testing.T) {
	for _, object := range []string{
		``, `null`, `[]`, `"x"`, `{`, `{}`, `{"spec":{}}`, `{"metadata":7}`, `{"metadata":{"labels":{"a":1}}}`, `{"kind":!`,
		`{"metadata":{},"spec":!}`, `{"metadata":{},"spec":{}`,
	} {
		t.Run(object, func(t *testing.T) {
			_, err := rollout.Cut([]byte(object))
			gomega.NewWithT(t).Expect(err).To(gomega.HaveOccurred())
		})
	}
}
