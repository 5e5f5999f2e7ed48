package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/offline"
	"github.com/seawall-dev/seawall/pkg/pace"
	"github.com/seawall-dev/seawall/pkg/plan"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// subject is a rollout in a file, and what it is judged by.
type subject struct {
	// text is that of the file.
	text     []byte
	document *manifest.Document
	world    *offline.World
	rate     risk.Probability
	// change is what a write does that changes the desired state of all its environments.
	change rollout.Change
	// declared, if not 0, is how many environments there are that could not be counted.
	declared int
	// progressive says that it is an ApplicationSet, and that nothing tells whether its strategy counts.
	progressive bool
	// assumed says that --environments stands for what could not be counted.
	assumed bool
}

// subject reads the rollout, and puts its environments and its rate into the request.
func (o *planOptions) subject(ctx context.Context, asked *plan.Request, rate risk.Probability, rated bool) (*subject, error) {
	text, err := o.read()
	if err != nil {
		return nil, err
	}
	parsed := manifest.Parse(o.file, text)
	if len(parsed.Problems) > 0 {
		return nil, parsed.Problems[0]
	}
	found, err := o.open(ctx, text, parsed.Documents)
	if err != nil {
		return nil, err
	}
	if found.document, err = o.choose(found.world, parsed.Documents); err != nil {
		return nil, err
	}
	found.progressive = found.progressive && found.document.Kind == "ApplicationSet"
	if found.rate, err = found.rateOf(rate, rated); err != nil {
		return nil, err
	}
	if err := found.govern(ctx, asked.Limit, rated); err != nil {
		return nil, err
	}
	if err := found.count(ctx, o); err != nil {
		return nil, err
	}
	asked.Environments, err = found.wave()
	return found, err
}

func (o *planOptions) read() ([]byte, error) {
	if o.file == manifest.Stdin {
		return io.ReadAll(o.streams.In)
	}
	return os.ReadFile(o.file)
}

// open returns a subject with what is judged by: the inventory and RolloutKinds of flags and of the file.
func (o *planOptions) open(ctx context.Context, text []byte, documents []*manifest.Document) (*subject, error) {
	reader := manifest.Reader{Stdin: o.streams.In, Note: o.note}
	given := reader.Read(o.world.inventory...)
	stock, problems := offline.NewInventory(slices.Concat(given.Documents, documents))
	policies := reader.Read(o.world.policies...)
	if problems = slices.Concat(given.Problems, policies.Problems, problems); len(problems) > 0 {
		return nil, problems[0]
	}
	progressive := argocd.ProgressiveSyncs(o.world.progressiveSyncs)
	if o.untold(stock) {
		progressive = argocd.ProgressiveSyncsEnabled // a plan without it has no pace to write
	}
	world := offline.New(offline.Options{
		ArgoCDNamespace: o.world.argoCDNamespace, ProgressiveSyncs: progressive, Home: o.world.home,
		WorkloadTemplates: o.world.workloadTemplates, Inventory: stock,
	})
	var own []*manifest.Document
	for _, document := range slices.Concat(policies.Documents, documents) {
		if isOwn(document) && (document.Kind == "RolloutKind" || slices.Contains(policies.Documents, document)) {
			own = append(own, document)
		}
	}
	refused, err := world.Add(ctx, own...)
	if err == nil && len(refused) > 0 {
		err = refused[0]
	}
	if standing, _, told := stock.Standing(offline.RolloutKinds); err == nil && told && len(offline.RolloutKinds.Of(own)) == 0 {
		err = world.Follow(offline.RolloutKinds, standing)
	}
	return &subject{text: text, world: world, progressive: o.untold(stock)}, err
}

// untold tells whether nothing tells whether Argo CD paces ApplicationSets.
func (o *planOptions) untold(stock offline.Inventory) bool {
	return argocd.ProgressiveSyncs(o.world.progressiveSyncs) == argocd.ProgressiveSyncsAuto &&
		!slices.ContainsFunc(stock.Objects, func(object *unstructured.Unstructured) bool {
			return object.GetKind() == "ConfigMap" && object.GetName() == "argocd-cmd-params-cm"
		})
}

func (o *planOptions) note(text string) { _, _ = fmt.Fprintln(o.streams.ErrOut, "note:", text) }

// choose returns the rollout among documents.
func (o *planOptions) choose(world *offline.World, documents []*manifest.Document) (*manifest.Document, error) {
	var found []*manifest.Document
	var names []string
	for _, document := range documents {
		name := document.Kind + "/" + document.Name
		known := world.Kinds.Knows(document.GroupKind()) || pace.Knows(document.GroupKind())
		if known && (o.rollout == "" || strings.EqualFold(o.rollout, name)) {
			found, names = append(found, document), append(names, name)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, fmt.Errorf("%s holds %s: want one of them with --rollout KIND/NAME", o.file, strings.Join(names, ", "))
	case o.rollout != "":
		return nil, fmt.Errorf("--rollout is %q: there is no such rollout in %s", o.rollout, o.file)
	}
	return nil, fmt.Errorf("%s holds no rollout of a kind that Seawall reads", o.file)
}

// rateOf returns the success rate of the flag, or else of the annotation.
func (s *subject) rateOf(rate risk.Probability, rated bool) (risk.Probability, error) {
	if rated {
		return rate, nil
	}
	object, err := s.object(s.document.JSON, 0)
	if err != nil {
		return 0, err
	}
	value, annotated := object.Metadata.Annotations[v1alpha1.SyncSuccessRateAnnotation]
	if !annotated {
		return 0, fmt.Errorf("%w, or annotation %s on %s", errNoRate, v1alpha1.SyncSuccessRateAnnotation, s.document.Identity)
	}
	rate, err = risk.ParseRate(value)
	if err != nil {
		return 0, fmt.Errorf("annotation %s of %s: %w", v1alpha1.SyncSuccessRateAnnotation, s.document.Identity, err)
	}
	return rate, nil
}

// govern adds the policy that the flags are.
func (s *subject) govern(ctx context.Context, limit risk.Limit, rated bool) error {
	claims := "Accept"
	if rated {
		claims = "Ignore"
	}
	text := fmt.Sprintf(`{"apiVersion": %q, "kind": "WavePolicy", "metadata": {"name": "plan"}, "spec": {`+
		`"maxWaveFailureProbability": %q, "toleratedFailures": %d, "successRate": {"default": %q, "max": "1", "claims": %q}}}`,
		v1alpha1.GroupVersion().String(), limit.Max, max(limit.Tolerated, 0), s.rate, claims)
	problems, err := s.world.Add(ctx, manifest.Parse("the flags", []byte(text)).Documents...)
	if err == nil && len(problems) > 0 {
		err = problems[0]
	}
	return err
}
