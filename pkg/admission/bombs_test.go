package admission_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
)

const (
	// bombTimeout is what the API server allows for each of the reviews below.
	bombTimeout = 10 * time.Second
	// memoryLimit is the chart's, and goMemoryLimit what the chart makes of it.
	memoryLimit   = 512 << 20
	goMemoryLimit = "460MiB"
	// cgroupEnv names the memory cgroup that a replica is to enter, if there is one.
	serveEnv, cgroupEnv = "SEAWALL_TEST_SERVE", "SEAWALL_TEST_CGROUP"
)

// TestServe is a replica in a process of its own, if the environment says so.
func TestServe(t *testing.T) {
	if os.Getenv(serveEnv) == "" {
		return
	}
	if group := os.Getenv(cgroupEnv); group != "" {
		if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte("0"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	known := kinds.All(kinds.Inventories{ArgoCD: argocd.NewStatic(true), Registry: inventory.NewRegistry()})
	handler, _ := newHandler(t, known[0].Reader)
	pool := budget.NewPool(0)
	handler.Evaluator.Kinds, handler.Evaluator.Budget, handler.Sink = kinds.NewSet(known), pool, discard{}
	server := httptest.NewServer(admission.HTTP(handler, pool, func() bool { return false }))
	_, _ = fmt.Fprintf(os.Stdout, "\nserving %s\n", server.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// replica is a process that serves under the memory limit of the chart.
type replica struct {
	url    string
	cmd    *exec.Cmd
	output *bytes.Buffer
	died   chan struct{}
}

func newReplica(t *testing.T) *replica {
	t.Helper()
	g := gomega.NewWithT(t)
	r := &replica{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], "-test.run=^TestServe$", "-test.timeout=1m"), output: &bytes.Buffer{}, died: make(chan struct{})}
	r.cmd.Env = append(os.Environ(), serveEnv+"=1", "GOMEMLIMIT="+goMemoryLimit, cgroupEnv+"="+memoryCgroup(t))
	r.cmd.Stderr = r.output
	stdin, err := r.cmd.StdinPipe()
	g.Expect(err).NotTo(gomega.HaveOccurred())
	stdout, err := r.cmd.StdoutPipe()
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(r.cmd.Start()).To(gomega.Succeed())
	lines := bufio.NewScanner(stdout)
	for r.url == "" && lines.Scan() {
		if url, found := strings.CutPrefix(lines.Text(), "serving "); found {
			r.url = url
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdout) // of a panic, and of a race, standard error tells
		_ = r.cmd.Wait()
		close(r.died)
	}()
	t.Cleanup(func() {
		_ = stdin.Close()
		<-r.died
	})
	g.Expect(r.url).NotTo(gomega.BeEmpty())
	return r
}

// memoryCgroup returns a new memory cgroup with the limit of the chart, or nothing where
// none can be made.
func memoryCgroup(t *testing.T) string {
	t.Helper()
	for root, file := range map[string]string{"/sys/fs/cgroup/memory": "memory.limit_in_bytes", "/sys/fs/cgroup": "memory.max"} {
		group := filepath.Join(root, fmt.Sprintf("seawall-%d-%d", os.Getpid(), time.Now().UnixNano()))
		if os.Mkdir(group, 0o700) != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(group) })
		if os.WriteFile(filepath.Join(group, file), []byte(strconv.Itoa(memoryLimit)), 0o600) == nil {
			return group
		}
	}
	t.Log("no memory cgroup can be made here: only GOMEMLIMIT and the resident set tell")
	return ""
}

func (r *replica) send(ctx context.Context, body []byte) (*admissionv1.AdmissionResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, bombTimeout+5*time.Second) // who shares the machine is late
	defer cancel()
	sent, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+admission.Path+"?timeout="+bombTimeout.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	sent.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(sent)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusBadRequest { // what encoding/json does not take, no API server sends
		return &admissionv1.AdmissionResponse{Result: &metav1.Status{Code: http.StatusBadRequest, Message: string(text)}}, nil
	}
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(text, &review); err != nil || review.Response == nil {
		return nil, fmt.Errorf("%s: %s", answer.Status, text)
	}
	return review.Response, nil
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak returns the most memory that was resident, in bytes; zero if the process has died.
func (r *replica) peak() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	found := highWater.FindSubmatch(status)
	if err != nil || found == nil {
		return 0
	}
	kilobytes, _ := strconv.Atoi(string(found[1]))
	return kilobytes << 10
}

// reviewOf is written as text: what nests too deep for encoding/json may be sent all the same.
func reviewOf(group, version, kind, spec string) []byte {
	return []byte(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"bomb",` +
		`"kind":{"group":"` + group + `","version":"` + version + `","kind":"` + kind + `"},"name":"bomb","namespace":"apps","operation":"CREATE",` +
		`"userInfo":{"username":"eve"},"object":{"apiVersion":"` + group + "/" + version + `","kind":"` + kind +
		`","metadata":{"name":"bomb","namespace":"apps"},"spec":` + spec + `},"dryRun":true}}`)
}

func applicationSet(generators, source string) []byte {
	return reviewOf("argoproj.io", "v1alpha1", "ApplicationSet", `{"goTemplate":true,"generators":[`+generators+`],
		"template":{"metadata":{"name":"{{.name}}"},"spec":{"project":"default","source":{"repoURL":"x"`+source+`},"destination":{"namespace":"a","server":"x"}}}}`)
}

func resourceSet(spec string) []byte {
	return reviewOf("fluxcd.controlplane.io", "v1", "ResourceSet", spec)
}

func nested(depth int, open, end string) string {
	return strings.Repeat(open, depth) + "1" + strings.Repeat(end, depth)
}

// list is a generator of n elements.
func elements(n int, element string) string {
	return strings.TrimSuffix(strings.Repeat(element+",", n), ",")
}

const one = `{"list":{"elements":[{"name":"a"}]}}`

// bombs are inputs each of which took a replica down, or kept a core busy far beyond the
// deadline.
func bombs() map[string]struct {
	body  []byte
	times int
} {
	const deepest = 9_900 // what encoding/json reads nests no deeper than 10,000 levels
	helm := func(values string) []byte { return applicationSet(one, `,"helm":{"valuesObject":`+values+`}`) }
	resources := func(data string) []byte {
		return resourceSet(`{"resources":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":` + data + `}]}`)
	}
	return map[string]struct {
		body  []byte
		times int
	}{
		"100,000 levels of helm.valuesObject":          {helm(nested(100_000, `{"":`, "}")), 1},
		"10 times 9,900 levels of helm.valuesObject":   {helm("[" + elements(10, nested(deepest, `{"":`, "}")) + "]"), 1},
		"100,000 levels of lists in helm.valuesObject": {helm(`{"a":` + nested(100_000, "[", "]") + "}"), 1},
		"34,000 levels of resources":                   {resources(nested(34_000, `{"a":`, "}")), 1},
		"9,900 levels of resources":                    {resources(nested(deepest, `{"a":`, "}")), 1},
		"10 times 9,900 levels of resources":           {resources("[" + elements(10, nested(deepest, "[", "]")) + "]"), 1},
		"a layout that is deep and wide":               {helm(nested(9_900, `{"a":"{{.name}}","b":[`+elements(20, `"{{.name}}"`)+`],"c":`, "}")), 1},
		"10,000 selectors over 10,000 elements": {
			applicationSet(`{"list":{"elements":[`+elements(10_000, `{"name":"a"}`)+`]},"selector":{"matchExpressions":[`+
				elements(10_000, `{"key":"name","operator":"In","values":["a"]}`)+`]}}`, ""), 1,
		},
		"20 bodies of 6.5 MB":            {helm(`{"a":[` + elements(6_500_000/22, `{"a":"b","c":[],"d":{}}`) + `]}`), 20},
		"20 bodies of 6.5 MB of lists":   {helm(`{"a":[` + elements(6_500_000/3, `[]`) + `]}`), 20},
		"20 sets of 6.5 MB of resources": {resources(`{"a":[` + elements(6_500_000/22, `{"a":"b","c":[],"d":{}}`) + `]}`), 20},
	}
}

func TestNoWriteTakesAReplicaDown(t *testing.T) {
	if kindtest.Raced {
		t.Skip("it is about how long answers take, and how much memory")
	}
	for name, bomb := range bombs() {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			r := newReplica(t)
			started := time.Now()
			var sent sync.WaitGroup
			for range bomb.times {
				sent.Go(func() {
					response, err := r.send(t.Context(), bomb.body)
					if err != nil {
						t.Errorf("no answer: %v", err)
						return
					}
					said := response.AuditAnnotations
					message := ""
					if response.Result != nil {
						message = response.Result.Message
					}
					t.Logf("after %s: %v %v %s", time.Since(started).Round(time.Millisecond), response.Allowed, said, message)
				})
			}
			sent.Wait()
			peak := r.peak()
			t.Logf("%d bytes, answered after %s, resident at most %d MiB", len(bomb.body), time.Since(started).Round(time.Millisecond), peak>>20)
			select {
			case <-r.died:
				t.Errorf("the replica died: %.2000s", r.output)
			default:
			}
			g.Expect(peak).To(gomega.And(gomega.BeNumerically(">", 0), gomega.BeNumerically("<", memoryLimit)))
		})
	}
}
