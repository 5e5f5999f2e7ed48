package waves_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// api writes and reads without a cache.
var api client.WithWatch

func TestWaves(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane")
	}
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(20 * time.Second) // a busy machine is late, and is not wrong
	RunSpecs(t, "Ledgers in Waves on a real API server")
}

var _ = BeforeSuite(func() {
	ctx := context.Background()
	plane, err := cluster.Start(ctx, cluster.Options{Progress: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(plane.Stop)
	definitions, err := cluster.ReadManifests("../../../config/crd/bases/seawall.dev_waves.yaml")
	Expect(err).NotTo(HaveOccurred())
	Expect(plane.Apply(ctx, definitions...)).To(Succeed())
	scheme := runtime.NewScheme()
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	api, err = client.NewWithWatch(plane.Config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
})

// environment is one of those that the specs start.
func environment(number int) gate.Environment {
	return gate.Environment{
		UID: types.UID(fmt.Sprintf("%08x-0000-4000-8000-000000000000", number)), Namespace: "argocd", Name: fmt.Sprintf("app-%02d", number),
	}
}

// start is one of an environment, at a moment that a Wave can hold.
func start(number int) gate.Start {
	return gate.Start{
		Environment: environment(number), ResourceVersion: "17", Release: gate.Release{Line: "app", Revision: "2"},
		Rate: risk.One / 100 * 99, At: time.Now().Truncate(waves.Precision).UTC(),
	}
}

// taking takes a slot without asking.
func taking(number int) func(gate.Ledger) (gate.Ledger, bool) {
	return func(ledger gate.Ledger) (gate.Ledger, bool) { return ledger.Start(start(number)), true }
}

// key is that of a group of its own.
func key(values ...string) waves.Key {
	return waves.Key{Policy: "default", Group: gate.Group{Values: values}}
}

// nothing derives the ledger of a group of which nothing is known.
func nothing(context.Context, waves.Key) (gate.Ledger, error) { return gate.Ledger{}, nil }

// names are those of the environments in flight.
func names(ledger gate.Ledger) []string {
	found := []string{}
	for _, entry := range ledger.InFlight {
		found = append(found, entry.Name)
	}
	return found
}
