package inventory

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	. "github.com/onsi/gomega"
)

const token = "s3cret-canary"

// secrets is how the API server sends two Secrets, as a list and as two events.
func secrets(t *testing.T) (list, events string) {
	t.Helper()
	coded := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	secret := func(name string) map[string]any {
		return map[string]any{
			"kind": "Secret", "apiVersion": "v1", "type": "Opaque",
			"metadata": map[string]any{
				"name": name, "labels": map[string]any{"data": "stays", "config": "stays"},
				"annotations": map[string]any{
					"kubectl.kubernetes.io/last-applied-configuration": `{"data":{"config":"` + token + `\\"` + token + `"}}`, "note": "stays \\ \"",
					"kapp.k14s.io/original": token, "objectset.rio.cattle.io/applied": token, "banzaicloud.com/last-applied": token,
				},
				"managedFields": []any{map[string]any{"fieldsV1": map[string]any{"f:data": map[string]any{".": map[string]any{}, "f:config": map[string]any{}}}}},
			},
			"data": map[string]any{
				"config": coded(token), "server": coded("https://" + name), "name": coded(name), "project": coded("p"), "later": token,
				strings.Repeat("long", 50): token, `quoted"key`: token, "": token,
			},
		}
	}
	marshal := func(v any) string {
		text, err := json.Marshal(v)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return string(text)
	}
	list = marshal(map[string]any{"kind": "SecretList", "metadata": map[string]any{"resourceVersion": "1"}, "items": []any{secret("a"), secret("b")}})
	return list, marshal(map[string]any{"type": "ADDED", "object": secret("a")}) + "\n" + marshal(map[string]any{"type": "MODIFIED", "object": secret("b")}) + "\n"
}

// TestCredentialsAreOverwrittenAsTheyArrive holds that nothing that decodes an answer has ever seen one.
func TestCredentialsAreOverwrittenAsTheyArrive(t *testing.T) {
	list, events := secrets(t)
	for name, sent := range map[string]string{"a list": list, "events": events} {
		for how, pieces := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "by halves": iotest.HalfReader, "with its end": iotest.DataErrReader,
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				g := NewWithT(t)
				reader := &blankReader{ReadCloser: io.NopCloser(pieces(strings.NewReader(sent))), blank: blank{kept: []string{"name", "server"}, copies: CopyAnnotations()}}
				got, err := io.ReadAll(reader)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(got).To(HaveLen(len(sent)))
				g.Expect(string(got)).NotTo(ContainSubstring(token))
				g.Expect(string(got)).NotTo(ContainSubstring(base64.StdEncoding.EncodeToString([]byte(token))[:8]))
				g.Expect(strings.Count(string(got), "stays")).To(Equal(6))
				for decoder := json.NewDecoder(bytes.NewReader(got)); ; {
					var decoded map[string]any
					err := decoder.Decode(&decoded)
					if errors.Is(err, io.EOF) {
						break
					}
					g.Expect(err).NotTo(HaveOccurred(), string(got))
					secret, _ := decoded["object"].(map[string]any)
					if items, is := decoded["items"].([]any); is {
						secret, _ = items[1].(map[string]any)
					}
					data, _ := secret["data"].(map[string]any)
					g.Expect(base64.StdEncoding.DecodeString(data["server"].(string))).To(HavePrefix("https://"))
					g.Expect(data["project"]).To(MatchRegexp("^A+$"), "not kept here")
					g.Expect(data).To(HaveLen(8))
				}
			})
		}
	}
}

// FuzzBlank holds that what is overwritten is JSON as before, and differs in strings only.
func FuzzBlank(f *testing.F) {
	f.Add([]byte(`{"data":{"a":"\"\\","name":"x","n":[{"b":"c"}]},"annotations":{"kapp.k14s.io/original":"y"}}`), 3)
	f.Add([]byte(`[{"data":"x"},{"data":["x",{"data":{"name":"\u0041"}}]},"data",1e5,null]`), 1)
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		if !json.Valid(text) || size < 1 {
			return
		}
		blank, got := blank{kept: []string{"name"}, copies: CopyAnnotations()}, bytes.Clone(text)
		for rest := got; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			blank.over(rest[:min(size, len(rest))])
		}
		if !json.Valid(got) || len(blank.open) > 0 || blank.text != noText {
			t.Fatalf("%s became %s", text, got)
		}
		for i := range got {
			if got[i] != text[i] && got[i] != 'A' {
				t.Fatalf("%s became %s", text, got)
			}
		}
	})
}
