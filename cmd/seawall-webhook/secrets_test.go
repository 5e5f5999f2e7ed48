package main_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
)

// registerCluster creates a cluster Secret that holds the canary wherever it may be read, and a token.
func registerCluster(ctx context.Context, name, token string) *corev1.Secret {
	GinkgoHelper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: cluster.ArgoCDNamespace, Name: name,
			Labels:      map[string]string{"argocd.argoproj.io/secret-type": "cluster", "env": kindtest.Canary, "kept": name},
			Annotations: map[string]string{"note": kindtest.Canary},
		},
		StringData: map[string]string{
			"name": name + "-" + kindtest.Canary, "server": "https://" + kindtest.Canary + "." + name + ".example.com",
			"config": `{"bearerToken":"` + token + `"}`,
		},
	}
	provide(ctx, secret)
	return secret
}

var _ = Describe("a cluster Secret", func() {
	It("is told to nobody who may only write ApplicationSets of one namespace", func(ctx SpecContext) {
		provide(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team-curious"}})
		grant(ctx, user("curious"), writersRole(ctx, "curious"), "team-curious")
		curious, warnings := actingAs("curious")
		for _, name := range []string{"curious-a", "curious-b"} {
			registerCluster(ctx, name, "token")
		}
		Expect(curious.Get(ctx, client.ObjectKey{Namespace: cluster.ArgoCDNamespace, Name: "curious-a"}, &corev1.Secret{})).NotTo(Succeed())

		every := map[string]any{"clusters": map[string]any{}}
		attempt := func(name, rendered string, generators ...any) *unstructured.Unstructured {
			set := applicationSet(name, map[string]any{"generators": generators, "template": template(rendered, "v1")})
			set.SetNamespace("team-curious")
			return set
		}
		within := func(elements any) any {
			return map[string]any{"matrix": map[string]any{"generators": []any{every, map[string]any{"list": map[string]any{"elementsYaml": elements}}}}}
		}
		Eventually(func() error {
			return curious.Create(ctx, attempt("probe", "{{fail .server}}", every), client.DryRunAll)
		}).
			WithTimeout(20 * second).Should(denied("the function fail fails in line 1, column 2"))
		said := []string{}
		for _, options := range [][]client.CreateOption{{client.DryRunAll}, nil} {
			for i, set := range []*unstructured.Unstructured{
				attempt("a", "{{fail .server}}", every), attempt("b", "{{fail (toJson .)}}", every), attempt("c", "{{range .server}}{{end}}", every),
				attempt("d", "{{index .metadata.labels .server .server}}", every), attempt("e", `{{mustRegexMatch (print "(" .name) "x"}}`, every),
				attempt("f", `{{fail (substr 8 13 .server)}}`, every), attempt("g", "{{fromYaml (print \"*\" .name)}}", every),
				attempt("h", "{{.name}}", within("{{.server}}")), attempt("i", "{{.name}}", within(`[{"x": {{.name}}]`)), attempt("j", "{{.name}}", within("- {{.server}}")),
				attempt("k", "{{.metadata.labels.env}}", every), attempt("l", "{{.metadata.labels.missing}}", every),
				attempt("m", "{{.x}}", map[string]any{"matrix": map[string]any{"generators": []any{
					every, map[string]any{"clusters": map[string]any{"values": map[string]any{"x": `{{"{{"}}{{.metadata.labels.env}}`}}},
				}}}),
			} {
				if err := curious.Create(ctx, set, options...); err != nil {
					said = append(said, err.Error())
				}
				Expect(kindtest.Leaks(strings.Join(append(said, warnings.list()...), "\n"))).To(BeFalse(), "%d: %s", i, said)
			}
		}
		Expect(len(said)).To(BeNumerically(">", 20))

		By("what is kept of it")
		log, err := os.ReadFile(webhook.LogFile)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(log)).To(MatchRegexp(`"withheld":"Secret argocd/curious-a: .*`+kindtest.Canary), "the operator's own log says what the writer is not told")
		for _, kind := range []schema.GroupVersionKind{corev1.SchemeGroupVersion.WithKind("Event"), {Group: "openreports.io", Version: "v1alpha1", Kind: "Report"}} {
			kept := &unstructured.UnstructuredList{}
			kept.SetGroupVersionKind(kind)
			Eventually(func(g Gomega) {
				g.Expect(api.List(ctx, kept, client.InNamespace("team-curious"))).To(Succeed())
				g.Expect(kept.Items).NotTo(BeEmpty())
			}).WithTimeout(20 * second).Should(Succeed())
			for _, object := range kept.Items {
				Expect(kindtest.Leaks(withoutChance(object))).To(BeFalse(), "%s", object)
			}
		}
	})

	It("leaves no credential in memory but those in the buffers of connections", func(ctx SpecContext) {
		const updates = 12
		token := func(i int) string { return fmt.Sprintf("canary-token-%06d-%s", i, strings.Repeat("k", 40)) }
		secret := registerCluster(ctx, "rotating", token(0))
		set := applicationSet("rotating", map[string]any{
			"generators": []any{map[string]any{"clusters": map[string]any{"selector": map[string]any{"matchLabels": map[string]any{"round": strconv.Itoa(updates)}}}}},
			"template":   template("{{fail \"seen\"}}", "v1"),
		})
		for i := 1; i <= updates; i++ {
			secret.StringData = map[string]string{"config": `{"bearerToken":"` + token(i) + `"}`}
			secret.Labels["round"] = strconv.Itoa(i)
			Expect(api.Update(ctx, secret)).To(Succeed())
		}
		eventuallyDecided(ctx, set, denied("the function fail fails"))

		By("a collection, and a later event that fills the buffers of the connection")
		filler := registerCluster(ctx, "filler", "token")
		found := map[string]int{}
		Eventually(func(g Gomega) {
			filler.StringData = map[string]string{"config": rand.Text() + strings.Repeat("f", fillingBytes)}
			g.Expect(api.Update(ctx, filler)).To(Succeed())
			for i := range 200 {
				_ = api.Create(ctx, tenants(fmt.Sprintf("load-%d", i), 2000, nil), client.DryRunAll)
			}
			found = inMemory(webhook.PID(), updates, token)
			GinkgoWriter.Println("copies in memory:", found)
			g.Expect(found["last"]).To(BeNumerically("<=", copiesInBuffers))
			g.Expect(found["old"]).To(BeNumerically("<=", copiesInBuffers), "those of a connection that has ended")
		}).WithTimeout(90 * second).WithPolling(10 * second).Should(Succeed())
	})
})

// withoutChance is an object as JSON without its own name and without the UIDs, whose digits may be any.
func withoutChance(object unstructured.Unstructured) string {
	GinkgoHelper()
	object.SetName("")
	said, err := object.MarshalJSON()
	Expect(err).NotTo(HaveOccurred())
	return regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(string(said), "")
}

// copiesInBuffers is how often the token of the last event may stand in the buffers of net/http and crypto/tls, which
// cannot be reached: in that of the last record, and in that of the reader above it.
const copiesInBuffers = 2

// fillingBytes is more than these buffers hold: a short event leaves what several events before it, read in one piece,
// left behind its own end.
const fillingBytes = 256 << 10

// inMemory counts the copies of tokens, in whatever spelling they arrive, in the memory of a process.
func inMemory(pid, last int, token func(int) string) map[string]int {
	GinkgoHelper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	Expect(err).NotTo(HaveOccurred())
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = memory.Close() }()
	found := map[string]int{}
	for _, line := range lines(string(maps)) {
		if !strings.Contains(line, " rw-p ") {
			continue
		}
		var from, to int64
		_, err := fmt.Sscanf(line, "%x-%x", &from, &to)
		Expect(err).NotTo(HaveOccurred())
		content := make([]byte, to-from)
		read, err := memory.ReadAt(content, from)
		if err != nil && !errors.Is(err, io.EOF) {
			continue
		}
		for i := 0; i <= last; i++ {
			which := "old"
			if i == last {
				which = "last"
			}
			for _, spelled := range spellings(token(i)) {
				found[which] += bytes.Count(content[:read], []byte(spelled))
			}
		}
	}
	return found
}

// spellings are a text, and what base64 makes of it wherever in other text it stands.
func spellings(text string) []string {
	all := []string{text}
	for offset := range 3 {
		coded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + text))
		all = append(all, coded[4:len(coded)-4])
	}
	return all
}
