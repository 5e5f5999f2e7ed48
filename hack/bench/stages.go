package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// stage is what is measured once the cluster has been prepared for it. What an earlier stage
// made is still there.
type stage struct {
	name    string
	prepare func(context.Context) error
	cases   []reviewed
	// burst, if any, comes after the cases.
	burst *reviewed
}

// reviewed is a review that the webhooks get.
type reviewed struct {
	name string
	body []byte
	// environments are those that Seawall must count.
	environments int
}

// both are the creation of a rollout and its update that changes all environments.
func both(name string, of rollout, environments int) []reviewed {
	return []reviewed{
		{name: name, body: creation(of), environments: environments},
		{name: name + ", update", body: update(of), environments: environments},
	}
}

func (b *bench) stages() []stage {
	return []stage{
		{
			name: "without clusters", prepare: func(context.Context) error { return b.memory("at rest") },
			cases: append(both("list of 100", list(100), 100), both("list of 1,000", list(1_000), 1_000)...),
		},
		b.fleet(1_000),
		b.tenThousand(),
		{
			name: "10,000 Clusters of Fleet too", prepare: b.prepareFleet,
			cases: append(both("Bundle, all of 10,000 clusters", bundle(1, nil), 10_000),
				both("Bundle of 1 MiB, 10 of 10,000 clusters", bundle(1024, fields{"fleet": "picked"}), 10)...),
		},
		{
			name: "10,000 ManagedClusters too", prepare: b.prepareManaged,
			cases: both("ManifestWorkReplicaSet, all of 10,000 clusters", replicaSet, 10_000),
		},
		{
			name: "100,000 Applications too", prepare: b.prepareApplications,
			cases: []reviewed{
				{name: "10 clusters, owner among 100,000 Applications, update", body: update(clusters("fleet", "picked")), environments: 10},
				{name: "git, 100 owned of 100,000 Applications, update", body: update(directories()), environments: 100},
			},
		},
	}
}

// fleet is the stage with so many cluster Secrets.
func (b *bench) fleet(size int) stage {
	all := thousands(size) + " clusters"
	return stage{
		name: "with " + all,
		prepare: func(ctx context.Context) error {
			fmt.Fprintln(os.Stderr, "making", all)
			if err := b.plane.Fill(ctx, b.secrets, size, clusterSecret); err != nil {
				return err
			}
			b.secrets = size
			if err := b.await(ctx, reviewed{body: creation(allClusters()), environments: size}); err != nil {
				return err
			}
			return b.memory("with " + all + ", before load")
		},
		cases: append(both("10 of "+all, clusters("fleet", "picked"), 10), both("all of "+all, allClusters(), size)...),
	}
}

func (b *bench) tenThousand() stage {
	fleet := b.fleet(10_000)
	fleet.cases = append(fleet.cases, both("matrix of 100 x 100", matrix(), 10_000)...)
	fleet.burst = &reviewed{name: "64 at once, all of 10,000 clusters", body: creation(allClusters()), environments: 10_000}
	return fleet
}

// largeStages are those of which processes may not recover: what would be measured after them
// would be an old version's garbage collection.
func (b *bench) largeStages() []stage { return []stage{b.fleet(100_000)} }

func (b *bench) prepareFleet(ctx context.Context) error {
	fmt.Fprintln(os.Stderr, "making 10,000 Clusters of Fleet")
	if err := b.plane.InstallCRDs(ctx, "fleet"); err != nil {
		return err
	}
	namespace := *custom("v1", "Namespace", "", fleetNamespace, nil, fields{})
	if err := b.plane.Apply(ctx, namespace); err != nil {
		return err
	}
	if err := b.plane.Fill(ctx, 0, 10_000, fleetCluster); err != nil {
		return err
	}
	return b.await(ctx, reviewed{body: creation(bundle(1, nil)), environments: 10_000})
}

func (b *bench) prepareManaged(ctx context.Context) error {
	fmt.Fprintln(os.Stderr, "making 10,000 ManagedClusters")
	if err := b.plane.InstallCRDs(ctx, "ocm"); err != nil {
		return err
	}
	if err := b.plane.Apply(ctx, placement()...); err != nil {
		return err
	}
	if err := b.plane.Fill(ctx, 0, 10_000, managedCluster); err != nil {
		return err
	}
	if err := b.plane.Fill(ctx, 0, 10_000/perDecision, decision); err != nil {
		return err
	}
	return b.await(ctx, reviewed{body: creation(replicaSet), environments: 10_000})
}

// prepareApplications makes 100,000 Applications of 1,000 ApplicationSets, of which that of the
// reviews owns 100, the last one among them.
func (b *bench) prepareApplications(ctx context.Context) error {
	fmt.Fprintln(os.Stderr, "making 100,000 Applications")
	if err := b.plane.InstallCRDs(ctx, "argo-cd", "applications.argoproj.io"); err != nil {
		return err
	}
	if err := b.plane.Fill(ctx, 0, 100_000, ownedApplication); err != nil {
		return err
	}
	return b.await(ctx, reviewed{body: update(directories()), environments: 100})
}

func ownedApplication(number int) client.Object {
	owner := number % 1_000
	if owner == 999 {
		return application(fmt.Sprintf("app-%06d", number), "bench", ownerUID)
	}
	return application(fmt.Sprintf("app-%06d", number), rolloutName(owner), rolloutUID(owner))
}

// await waits until each Seawall counts what it must.
func (b *bench) await(ctx context.Context, c reviewed) error {
	for _, subject := range b.seawalls() {
		if err := subject.waitFor(ctx, c.body, c.environments); err != nil {
			return fmt.Errorf("%s: %w", subject.name, err)
		}
	}
	return nil
}

// thousands writes a number with a comma before the last three digits.
func thousands(n int) string {
	text := strconv.Itoa(n)
	if len(text) <= 3 {
		return text
	}
	return strings.Join([]string{text[:len(text)-3], text[len(text)-3:]}, ",")
}
