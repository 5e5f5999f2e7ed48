package page_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"golang.org/x/net/html"

	"github.com/seawall-dev/seawall/pkg/journal"
	"github.com/seawall-dev/seawall/pkg/journal/page"
)

var monday = time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)

// week is a journal of so many results within a week.
func week(number int) *journal.Journal {
	users := []string{"jane", "raj", "system:serviceaccount:argocd:argocd-application-controller", "system:serviceaccount:flux-system:kustomize-controller", "oncall"}
	found := &journal.Journal{Read: monday.Add(15 * time.Minute), Context: "production", Decisions: []journal.Decision{}}
	for i := range number {
		d := decision(i)
		d.User = users[(i*i)%len(users)]
		found.Decisions = append(found.Decisions, d)
	}
	found.Pick(journal.Filter{Since: monday.Add(-7 * 24 * time.Hour)})
	return found
}

func decision(i int) journal.Decision {
	outcomes := []journal.Outcome{
		journal.Denied, journal.Denied, journal.Warned, journal.Denied, journal.Overridden, journal.Audited, journal.Recount, journal.Denied, journal.Failed, journal.Held,
	}
	sizes := []int{100, 23, 40, 60, 100, 25, 80, 33, 0, 4}
	risks := []float64{0.633968, 0.206386, 0.331029, 0.452843, 0.633968, 0.222179, 0.552465, 0.282291, 0, 0.039404}
	kinds := []string{"ApplicationSet", "ApplicationSet", "Bundle", "PropagationPolicy"}
	k := (i * 7) % len(outcomes)
	at := monday.Add(-time.Duration(i*37%10000) * time.Minute)
	d := journal.Decision{
		Time: at, First: at.Add(-time.Duration(i%3) * time.Hour), Count: 1 + i%4, Outcome: outcomes[k], Group: "argoproj.io", Kind: kinds[i%4],
		Namespace: []string{"argocd", "fleet-default", "payments"}[i%3], Name: fmt.Sprintf("tenants-%d", i%40), Operation: "UPDATE", Authenticated: i%11 != 0,
		Policy: []string{"default", "production"}[i%2], Reason: "WaveOverLimit", Environments: sizes[k], Wave: 1, WaveEnvironments: sizes[k], Limit: "0.2", SuccessRate: "0.99",
		Message: fmt.Sprintf(`wave 1 syncs %d environments at 0.99 each (annotation seawall.dev/sync-success-rate): %.1f%% chance that at least one fails, policy "default" allows 20%%. `+
			"At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves).", sizes[k], 100*risks[k]),
	}
	switch d.Outcome {
	case journal.Failed:
		d.Limit, d.SuccessRate, d.Policy, d.Message = "", "", "", "was not judged in time: Seawall is overloaded"
	case journal.Overridden:
		d.Override, d.OverrideReason, d.ApprovedBy = "argocd/incident-4711", "Incident 4711: the old certificate expires tonight", "oncall"
		fallthrough
	default:
		d.Probability = &risks[k]
	}
	return d
}

func written(t *testing.T, found *journal.Journal) string {
	t.Helper()
	var out bytes.Buffer
	gomega.NewWithT(t).Expect(page.Write(&out, found)).To(gomega.Succeed())
	return out.String()
}

// hostile is what a name may hold.
const hostile = `"><script>alert(1)</script><img src=//evil.example/x onerror=alert(2)>' style=` + "\u202egnp.exe\u202c" + `{{.}} javascript:alert(3) ]]>--></style>`

// TestHostileNamesStayText puts them wherever a name, a reason or a message comes from somebody else.
func TestHostileNamesStayText(t *testing.T) {
	g := gomega.NewWithT(t)
	found := week(4)
	d := &found.Decisions[0]
	d.Kind, d.Namespace, d.Name, d.User, d.Policy, d.Message = hostile, hostile, hostile, hostile, hostile, hostile
	d.Override, d.OverrideReason, d.ApprovedBy, d.Limit, d.SuccessRate, d.Operation = hostile, hostile, hostile, hostile, hostile, hostile
	d.Outcome = journal.Outcome(hostile)
	found.Context, found.Missing = hostile, []string{hostile}
	found.Pick(journal.Filter{Kind: "", Policy: "*", User: "*"})
	found.Filter = journal.Filter{Kind: hostile, Policy: hostile, User: hostile, Outcomes: []journal.Outcome{hostile}}

	text := written(t, found)
	plain := shapeOf(written(t, week(4)))
	for _, node := range nodes(t, text) {
		g.Expect(node.Data).NotTo(gomega.BeElementOf("script", "img", "iframe", "object", "embed", "base", "form", "link"))
		for _, attribute := range node.Attr {
			g.Expect(attribute.Key).NotTo(gomega.HavePrefix("on"))
			g.Expect(attribute.Key).NotTo(gomega.BeElementOf("style", "src", "srcset", "action", "background"))
			if attribute.Key == "href" {
				g.Expect(attribute.Val).To(gomega.HavePrefix("#"))
			}
		}
	}
	g.Expect(shapeOf(text)).To(gomega.ContainElements(plain), "no element is swallowed")
	g.Expect(strings.Count(text, "<style>")).To(gomega.Equal(1))
}

// shapeOf lists the elements that a page has.
func shapeOf(text string) []string {
	seen := map[string]bool{}
	var shape []string
	tokenizer := html.NewTokenizer(strings.NewReader(text))
	for tokenizer.Next() != html.ErrorToken {
		name := tokenizer.Token().Data
		if !seen[name] && strings.HasPrefix(name, "h") {
			seen[name] = true
			shape = append(shape, name)
		}
	}
	return shape
}

// nodes returns the elements of a page, which must be well-formed: each element is closed, in order, and
// no id is there twice.
func nodes(t *testing.T, text string) []html.Token {
	t.Helper()
	g := gomega.NewWithT(t)
	void := map[string]bool{"meta": true, "br": true, "path": false}
	var all []html.Token
	var open []string
	ids := map[string]bool{}
	tokenizer := html.NewTokenizer(strings.NewReader(text))
	for {
		switch kind := tokenizer.Next(); kind {
		case html.ErrorToken:
			g.Expect(tokenizer.Err()).To(gomega.MatchError("EOF"))
			g.Expect(open).To(gomega.BeEmpty())
			return all
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokenizer.Token()
			all = append(all, token)
			for _, attribute := range token.Attr {
				if attribute.Key == "id" {
					g.Expect(ids[attribute.Val]).To(gomega.BeFalse(), attribute.Val)
					ids[attribute.Val] = true
				}
			}
			if kind == html.StartTagToken && !void[token.Data] {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			token := tokenizer.Token()
			g.Expect(open).NotTo(gomega.BeEmpty())
			g.Expect(open[len(open)-1]).To(gomega.Equal(token.Data))
			open = open[:len(open)-1]
		default: // text
		}
	}
}

func TestThePageAsksNoHost(t *testing.T) {
	g := gomega.NewWithT(t)
	text := written(t, week(60))
	g.Expect(text).NotTo(gomega.MatchRegexp(`(?i)(https?:)?//[a-z0-9]|@import|url\(`))
	g.Expect(text).To(gomega.MatchRegexp(`<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-(?:[^ ;&]|&#43;){40,60}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;">`))
	g.Expect(strings.Index(text, "Content-Security-Policy")).To(gomega.BeNumerically("<", strings.Index(text, "<style>")))
}

// TestWhoCannotSeeIsTold checks what a screen reader and a keyboard go by.
func TestWhoCannotSeeIsTold(t *testing.T) {
	g := gomega.NewWithT(t)
	text := written(t, week(60))
	count := map[string]int{}
	ids, wanted := map[string]bool{}, []string{}
	for _, node := range nodes(t, text) {
		count[node.Data]++
		attributes := attributesOf(node)
		ids[attributes["id"]] = true
		wanted = append(wanted, strings.Fields(attributes["aria-labelledby"])...)
		if href, link := attributes["href"]; link {
			wanted = append(wanted, strings.TrimPrefix(href, "#"))
		}
		switch node.Data {
		case "th":
			g.Expect(attributes).To(gomega.HaveKeyWithValue("scope", gomega.BeElementOf("col", "row")))
		case "svg":
			g.Expect(attributes["aria-hidden"] == "true" || (attributes["role"] == "img" && attributes["aria-labelledby"] != "")).To(gomega.BeTrue())
		case "section":
			g.Expect(attributes).To(gomega.HaveKey("aria-labelledby"))
		case "table", "tr", "td":
			g.Expect(attributes).To(gomega.HaveKey("role"), "what is laid out otherwise stays a table")
		}
	}
	for _, id := range wanted {
		g.Expect(ids).To(gomega.HaveKey(id))
	}
	for _, landmark := range []string{"header", "nav", "main", "footer", "h1", "title"} {
		g.Expect(count[landmark]).To(gomega.BeNumerically(">=", 1), landmark)
	}
	g.Expect([]int{count["main"], count["h1"]}).To(gomega.Equal([]int{1, 1}))
	g.Expect(count["caption"]).To(gomega.Equal(count["table"]))
	g.Expect(text).To(gomega.MatchRegexp(`<html lang="en">(.|\n)*<body>\s*<a class="skip" href="#main">`))
	g.Expect(text).To(gomega.ContainSubstring("It crosses the limit of 0.2 after 22 environments."))
	g.Expect(text).To(gomega.ContainSubstring(":focus-visible"))
}

func TestNoLevelOfHeadingsIsLeftOut(t *testing.T) {
	level := 0
	for _, node := range nodes(t, written(t, week(60))) {
		if regexp.MustCompile(`^h\d$`).MatchString(node.Data) {
			next := int(node.Data[1] - '0')
			gomega.NewWithT(t).Expect(next).To(gomega.BeNumerically("<=", level+1))
			level = next
		}
	}
}

func attributesOf(node html.Token) map[string]string {
	attributes := map[string]string{}
	for _, attribute := range node.Attr {
		attributes[attribute.Key] = attribute.Val
	}
	return attributes
}

func TestWhatIsOnThePage(t *testing.T) {
	g := gomega.NewWithT(t)
	found := week(60)
	found.Displaced, found.Missing = 12, []string{"who approved overrides: forbidden"}
	text := written(t, found)
	for _, want := range []string{
		found.Summary.String(), "production", "2026-11-16 08:30 UTC", "63.4%, limit 20%", "Incident 4711: the old certificate expires tonight",
		"12 earlier decisions", "missing: who approved overrides: forbidden", "not authenticated", "Monday, 23 November 2026", "at most 22",
		"Users by number of decisions", "argocd/incident-4711",
	} {
		g.Expect(text).To(gomega.ContainSubstring(want))
	}
	empty := &journal.Journal{Read: monday}
	empty.Pick(journal.Filter{})
	g.Expect(written(t, empty)).To(gomega.And(gomega.ContainSubstring("Nothing is on the record."), gomega.ContainSubstring("No write was let pass by an override.")))
	nodes(t, written(t, empty))
}

func TestManyDecisionsAreOnePage(t *testing.T) {
	g := gomega.NewWithT(t)
	found := week(5000)
	began := time.Now()
	text := written(t, found)
	t.Logf("5,000 decisions: %.1f MB in %s", float64(len(text))/1e6, time.Since(began).Round(time.Millisecond))
	g.Expect(len(text)).To(gomega.BeNumerically("<", 10_000_000))
	g.Expect(strings.Count(text, `data-label="Time"`)).To(gomega.Equal(5000))
	nodes(t, text)
}

func BenchmarkPage(b *testing.B) {
	found := week(5000)
	for b.Loop() {
		var out bytes.Buffer
		if err := page.Write(&out, found); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(out.Len()))
	}
}
