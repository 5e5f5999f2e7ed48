package argocd

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/hack/peers"
)

// dev is how many environments of an ordered fleet come first.
const dev = 2

// small are fleets of a few environments, one for each way in which syncs begin, and what came of one commit
// that concerned all of them.
type small struct {
	seawall *cluster.Webhook

	// ordered are started in an order by Seawall; paced and judged by a RollingSync, which is counted or judged.
	ordered, paced, judged *Fleet
	// pair come from two repositories, and family from Applications that an Application deploys.
	pair, family *Fleet
	// of windowed the first is kept from syncs by a window, and edited get another template.
	windowed, edited *Fleet
	// manual and mended are for specs of their own.
	manual, mended *Fleet

	second   *peers.Repository
	recorder *Recorder
	// revision and secondRevision are those of the commit in the two repositories.
	revision, secondRevision string
}

// parent is the name of the Application that deploys those of the family.
const parent = "family"

// start brings the fleets about while nobody judges, installs Seawall and lets all of them start something.
func (s *small) start(ctx context.Context) {
	GinkgoHelper()
	s.prepare() //nolint:contextcheck // what it serves outlives the node
	By("delivering all")
	deliverAll(ctx, s)
	By("installing Seawall")
	values := map[string]any{"syncGate": map[string]any{"enabled": true, "nudge": true}}
	s.seawall = installWith("testdata/small.yaml", values) //nolint:contextcheck // Seawall outlives the node
	awaitGates(ctx, "testdata/small.yaml")
	setWindow(ctx, s.windowed.Environments[0])
	DeferCleanup(func(ctx context.Context) { setWindow(ctx, "") })
	s.recorder = record(ctx)
	By("committing for all")
	s.commit(ctx, "v2", "/next")
	for _, each := range s.sets() {
		Expect(each.Nudge(ctx, each.Environments...)).To(Succeed()) // as a webhook of git has it
	}
	Expect(s.family.Nudge(ctx, parent)).To(Succeed())
	s.edit(ctx)
}

// edit has the template of a fleet deploy another folder of the revision that its Applications are at.
func (s *small) edit(ctx context.Context) {
	GinkgoHelper()
	until(ctx, s.recorder, func(r Record) bool {
		return !slices.ContainsFunc(s.edited.Environments, func(name string) bool { return r.Environments[name].Revision != s.revision })
	})
	set := s.edited.ApplicationSet()
	Expect(unstructured.SetNestedField(set.Object, "{{.name}}/next", "spec", "template", "spec", "source", "path")).To(Succeed())
	Expect(write(ctx, set)).To(Succeed(), "they are more than may be in flight, and the gate begins them")
}

func (s *small) prepare() {
	GinkgoHelper()
	for name, each := range map[string]struct {
		fleet **Fleet
		size  int
	}{
		"ordered": {&s.ordered, 5}, "paced": {&s.paced, 4}, "judged": {&s.judged, 4}, "pair": {&s.pair, 5},
		"family": {&s.family, 4}, "windowed": {&s.windowed, 3}, "edited": {&s.edited, 5}, "manual": {&s.manual, 3}, "mended": {&s.mended, 2},
	} {
		*each.fleet = NewFleet(api, fleet.repository, name, each.size)
	}
	var err error
	s.second, err = peers.ServeRepository(life, filepath.Join(argo.dir, "second"))
	Expect(err).NotTo(HaveOccurred())
	s.ordered.Dev, s.paced.Dev, s.judged.Dev = dev, dev, dev
	s.paced.Change, s.judged.Change = rollingSync, rollingSync
	s.pair.Change = func(set map[string]any) {
		var sources []any
		for _, url := range []string{fleet.repository.URL, s.second.URL} {
			sources = append(sources, map[string]any{"repoURL": url, "targetRevision": peers.Branch, "path": "{{.name}}"})
		}
		template := []string{"spec", "template", "spec"}
		unstructured.RemoveNestedField(set, append(template, "source")...)
		Expect(unstructured.SetNestedSlice(set, sources, append(template, "sources")...)).To(Succeed())
	}
}

// rollingSync has an ApplicationSet start dev first and then production.
func rollingSync(set map[string]any) {
	GinkgoHelper()
	step := func(env string) any {
		return map[string]any{"matchExpressions": []any{map[string]any{"key": "env", "operator": "In", "values": []any{env}}}}
	}
	strategy := map[string]any{
		"type": "RollingSync", "rollingSync": map[string]any{"steps": []any{step("dev"), step("production")}},
	}
	Expect(unstructured.SetNestedMap(set, strategy, "spec", "strategy")).To(Succeed())
}

// sets are the fleets of ApplicationSets.
func (s *small) sets() []*Fleet {
	return []*Fleet{s.ordered, s.paced, s.judged, s.pair, s.windowed, s.edited, s.manual, s.mended}
}

// relatives are the Applications of the family, with the one that deploys them.
func (s *small) relatives() *Fleet {
	return &Fleet{Environments: append([]string{parent}, s.family.Environments...)}
}

// commit releases a version for all, from a folder of the family's own paths. For those of fleet edited it is in
// folder next, which nothing comes from yet.
func (s *small) commit(ctx context.Context, version, folder string) {
	GinkgoHelper()
	files := map[string]string{}
	for _, environment := range s.family.Environments {
		files[environment+folder+"/deployment.yaml"] = peers.Deployment(version)
		child := s.relative(environment, environment+folder, environment)
		text, err := child.MarshalJSON()
		Expect(err).NotTo(HaveOccurred())
		files[parent+"/"+environment+".json"] = string(text)
	}
	configurations := map[string]string{}
	for _, environment := range s.pair.Environments {
		configurations[environment+"/config.yaml"] = configuration(version)
	}
	for _, environment := range s.edited.Environments {
		files[environment+folder+"/deployment.yaml"] = peers.Deployment(version)
	}
	var err error
	s.secondRevision, err = s.second.Commit(ctx, "Release "+version, configurations)
	Expect(err).NotTo(HaveOccurred())
	s.revision, err = Together(ctx, version, files, s.ordered, s.paced, s.judged, s.pair, s.windowed, s.manual, s.mended)
	Expect(err).NotTo(HaveOccurred())
}

func configuration(version string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, metadata: {name: config}, data: {version: %s}}", version)
}

// relative is an Application of the family, which no ApplicationSet owns.
func (s *small) relative(name, path, namespace string) *unstructured.Unstructured {
	of := object("Application", name, s.family.spec(path, namespace))
	of.SetLabels(map[string]string{"fleet": s.family.Name})
	return of
}

// deliverAll creates all, at a first version.
func deliverAll(ctx context.Context, s *small) {
	GinkgoHelper()
	recorder := record(ctx)
	s.commit(ctx, "v1", "")
	for _, each := range s.sets() {
		Expect(api.Create(ctx, each.ApplicationSet())).To(Succeed())
		DeferCleanup(each.Remove)
	}
	Expect(api.Create(ctx, s.relative(parent, parent, cluster.ArgoCDNamespace))).To(Succeed())
	DeferCleanup(func(ctx context.Context) {
		for _, name := range s.relatives().Environments {
			Expect(client.IgnoreNotFound(api.Delete(ctx, object("Application", name, nil)))).To(Succeed())
		}
	})
	until(ctx, recorder, func(r Record) bool {
		at := func(f *Fleet) bool { return f == s.pair || f.At(s.revision)(r) }
		return s.relatives().At(s.revision)(r) && s.pair.At(s.both())(r) && !slices.ContainsFunc(s.sets(), func(f *Fleet) bool { return !at(f) })
	})
}

// both is the revision of those that come from two repositories.
func (s *small) both() string { return s.revision + "," + s.secondRevision }

// awaitGates waits until Seawall says that the policies of a file gate.
func awaitGates(ctx context.Context, file string) {
	GinkgoHelper()
	policies, err := cluster.ReadManifests(file)
	Expect(err).NotTo(HaveOccurred())
	for i := range policies {
		Eventually(func(g Gomega) {
			g.Expect(api.Get(ctx, client.ObjectKeyFromObject(&policies[i]), &policies[i])).To(Succeed())
			conditions, _, err := unstructured.NestedSlice(policies[i].Object, "status", "conditions")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(conditions).To(ContainElement(And(HaveKeyWithValue("type", "Gating"), HaveKeyWithValue("status", "True"))))
		}).WithTimeout(patience).Should(Succeed(), policies[i].GetName())
	}
}

// waveOf returns the status of the one Wave of a policy.
func waveOf(ctx context.Context, policy string) map[string]any {
	GinkgoHelper()
	waves := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "seawall.dev/v1alpha1", "kind": "WaveList"}}
	Expect(api.List(ctx, waves)).To(Succeed())
	statuses := []map[string]any{}
	for i := range waves.Items {
		if named, _, _ := unstructured.NestedString(waves.Items[i].Object, "spec", "policyName"); named == policy {
			status, _, err := unstructured.NestedMap(waves.Items[i].Object, "status")
			Expect(err).NotTo(HaveOccurred())
			statuses = append(statuses, status)
		}
	}
	Expect(statuses).To(HaveLen(1), policy)
	return statuses[0]
}

// report says of some environments how many were in flight together, and returns what is recorded of them.
func report(of Record, environments []string, limit int) Record {
	GinkgoHelper()
	part := of.Of(environments)
	AddReportEntry(fmt.Sprintf("at most %d of %d", limit, len(environments)), part.Summary(), ReportEntryVisibilityAlways)
	return part
}
