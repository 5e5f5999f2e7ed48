package applicationset

import (
	"encoding/json"
	"testing"

	"github.com/onsi/gomega"
)

func TestPathsOfJQ(t *testing.T) {
	const object = `{"a b": 1, "x": 2, "list": [{"name": "one", "v": 1, "of": {"k": "z"}}, {"name": "two", "v": 2}, "text"]}`
	for expression, want := range map[string]string{
		`.x`:                                 `{"a b": 1, "list": [{"name": "one", "v": 1, "of": {"k": "z"}}, {"name": "two", "v": 2}, "text"]}`,
		`."a b"`:                             `{"x": 2, "list": [{"name": "one", "v": 1, "of": {"k": "z"}}, {"name": "two", "v": 2}, "text"]}`,
		` . [ "a b" ] `:                      "", // jq takes it; who writes it is counted more than need be
		`.["a b"]`:                           `{"x": 2, "list": [{"name": "one", "v": 1, "of": {"k": "z"}}, {"name": "two", "v": 2}, "text"]}`,
		`.list`:                              `{"a b": 1, "x": 2}`,
		`.list[]`:                            `{"a b": 1, "x": 2, "list": []}`,
		`.list[1]`:                           `{"a b": 1, "x": 2, "list": [{"name": "one", "v": 1, "of": {"k": "z"}}, "text"]}`,
		`.list[7].v`:                         object,
		`.list[].v?`:                         `{"a b": 1, "x": 2, "list": [{"name": "one", "of": {"k": "z"}}, {"name": "two"}, "text"]}`,
		`.list[] | .v`:                       `{"a b": 1, "x": 2, "list": [{"name": "one", "of": {"k": "z"}}, {"name": "two"}, "text"]}`,
		`.list[] | select(.name == "two")`:   `{"a b": 1, "x": 2, "list": [{"name": "one", "v": 1, "of": {"k": "z"}}, "text"]}`,
		`.list[]|select(.of.k=="z")|.v`:      `{"a b": 1, "x": 2, "list": [{"name": "one", "of": {"k": "z"}}, {"name": "two", "v": 2}, "text"]}`,
		`.list[] | select(.name == "t w").v`: object,
		`.list[] | select(.name != "two")`:   "",
		`.list[] | select(.name == "a\\"b")`: "",
		`.list | select(.name == "two")`:     "",
		`.list[] | select(.v == 2) | .v`:     "",
		`.. | .v`:                            "",
		`.list | map(.v)`:                    "",
		`x`:                                  "",
		`.`:                                  "",
	} {
		t.Run(expression, func(t *testing.T) {
			g := gomega.NewWithT(t)
			path := jqPath(expression)
			if want == "" {
				g.Expect(path).To(gomega.BeNil())
				return
			}
			var raw any
			g.Expect(json.Unmarshal([]byte(object), &raw)).To(gomega.Succeed())
			text, err := json.Marshal(pruned(raw, path))
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(text).To(gomega.MatchJSON(want))
		})
	}
}
