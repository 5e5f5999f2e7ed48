package argocd

import (
	"encoding/base64"
	"fmt"
	"runtime"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// clusterSecret returns the Secret of a cluster, as JSON.
func clusterSecret(i int) string {
	name := fmt.Sprintf("cluster-%06d", i)
	encoded := base64.StdEncoding.EncodeToString
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"argocd","name":%q,
		"labels":{"argocd.argoproj.io/secret-type":"cluster","environment":%q,"region":"eu-%d","tier":"%d","wave":"%d","cluster":%q},
		"annotations":{"managed-by":"argocd.argoproj.io","seawall.dev/sync-success-rate":"0.99%d"}},
		"data":{"name":%q,"server":%q,"config":%q}}`, name,
		[]string{"dev", "test", "prod"}[i%3], i%20, i%5, i/10, name, i%10,
		encoded([]byte(name)), encoded([]byte("https://"+name+".example.com")), encoded([]byte(config)))
}

// tenantApplication returns an Application, of which ten have one owner, as JSON.
func tenantApplication(i int) string {
	return fmt.Sprintf(`{"apiVersion":"argoproj.io/v1alpha1","kind":"Application","metadata":{"namespace":"argocd",
		"name":"application-of-tenant-%06d","uid":"9c858901-8a57-4791-81fe-%012d","labels":{"team":"team-%d","env":"prod"},
		"ownerReferences":[{"kind":"ApplicationSet","name":"tenants","uid":"3fa85f64-5717-4562-b3fc-%012d","controller":true}]}}`,
		i, i, i%50, i/10)
}

// static returns n objects as a client decodes them: no two share a string.
func static(b *testing.B, n int, spelled func(int) string) inventory.Static {
	b.Helper()
	objects := make([]*unstructured.Unstructured, n)
	for i := range objects {
		objects[i] = &unstructured.Unstructured{}
		if err := objects[i].UnmarshalJSON([]byte(spelled(i))); err != nil {
			b.Fatal(err)
		}
	}
	return inventory.Static{Objects: objects}
}

// BenchmarkLoad reports what an object costs once it is loaded, and how long all take.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("clusters/%d", n), func(b *testing.B) {
			load(b, static(b, n, clusterSecret), func(r *inventory.Registry) any { return New(r, "argocd", ProgressiveSyncsDisabled) })
		})
		b.Run(fmt.Sprintf("applications/%d", n), func(b *testing.B) {
			load(b, static(b, n, tenantApplication), func(r *inventory.Registry) any { return NewApplications(r) })
		})
	}
}

func load(b *testing.B, static inventory.Static, register func(*inventory.Registry) any) {
	b.Helper()
	for b.Loop() {
		before, started := heap(), time.Now()
		kept := register(inventory.NewStaticRegistry(static))
		took := time.Since(started)
		b.ReportMetric(float64(heap()-before)/float64(len(static.Objects)), "B/object")
		b.ReportMetric(float64(took.Milliseconds()), "ms/load")
		runtime.KeepAlive(kept)
	}
	runtime.KeepAlive(static)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkSelect counts clusters: 10, a third and all of them.
func BenchmarkSelect(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		argo := New(inventory.NewStaticRegistry(static(b, n, clusterSecret)), "argocd", ProgressiveSyncsDisabled)
		for _, selector := range []string{"wave=7", "environment=prod", "argocd.argoproj.io/secret-type=cluster", ""} {
			b.Run(fmt.Sprintf("%s/%d", selector, n), func(b *testing.B) {
				parsed, err := labels.Parse(selector)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if selected, err := argo.Select(parsed); err != nil || lengths(selected) == 0 {
						b.Fatal("no clusters", err)
					}
				}
			})
		}
	}
}

// lengths reads a field of each cluster.
func lengths(clusters Clusters) (sum int) {
	for i := range clusters.Len() {
		sum += len(clusters.At(i).Name())
	}
	return sum
}

func BenchmarkOwned(b *testing.B) {
	applications := NewApplications(inventory.NewStaticRegistry(static(b, 100_000, tenantApplication)))
	b.ReportAllocs()
	for b.Loop() {
		if names, _ := applications.Owned("argocd", "3fa85f64-5717-4562-b3fc-000000000007"); len(names) != 10 {
			b.Fatal(names)
		}
	}
}
