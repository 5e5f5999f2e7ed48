package inventory

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func BenchmarkSelect(b *testing.B) {
	for _, bm := range []struct {
		selector string
		of       int
	}{
		{"tier=web,ring=canary", 1_000},
		{"tier=web,ring=canary", 10_000},
		{"tier=web,ring=canary", 100_000},
		{"tier=web", 1_000},
		{"", 1_000},
		{"zone", 1_000},
		{"tier!=web", 1_000},
	} {
		index := crowd(bm.of)
		selector, err := labels.Parse(bm.selector)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%s/%d-of-%d", bm.selector, len(index.Select(selector)), bm.of), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				index.Select(selector)
			}
		})
	}
}

// BenchmarkSet fills an index: in the order of a list, and in none.
func BenchmarkSet(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		for order, keys := range map[string][]int{"sorted": nil, "random": rand.Perm(n)} {
			b.Run(fmt.Sprintf("%s/%d", order, n), func(b *testing.B) {
				for b.Loop() {
					var index Index[int]
					for i := range n {
						key := i
						if keys != nil {
							key = keys[i]
						}
						index.Set(fmt.Sprintf("%06d", key), PairsOf(labels.Set{"tier": "web", "ring": fmt.Sprint(i % 10)}), i)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/object")
			})
		}
	}
}

// BenchmarkRelabel moves one object of many from list to list.
func BenchmarkRelabel(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		index := crowd(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				i++
				index.Set("000001", PairsOf(labels.Set{"tier": "web", "zone": "1", "ring": fmt.Sprint(i % 2)}), 1)
			}
		})
	}
}

// BenchmarkMemory reports what one cluster costs: as the informer stores it, and in the
// index besides. Its Secrets are decoded, so that no two share a string.
func BenchmarkMemory(b *testing.B) {
	const n = 10_000
	for b.Loop() {
		encoded := make([][]byte, n)
		for i := range encoded {
			name := fmt.Sprintf("cluster-%05d", i)
			s := secret(name, "environment", []string{"dev", "test", "prod"}[i%3], "region", fmt.Sprint("eu-", i%20),
				"app.kubernetes.io/part-of", "fleet", "tier", fmt.Sprint(i%5), "cluster", name)
			s.Annotations = credentialed().Annotations
			s.Data["config"] = []byte(config)
			encoded[i], _ = json.Marshal(s)
		}
		start := heap()
		store := make(map[string]any, n)
		for i := range encoded {
			s := &corev1.Secret{}
			if err := json.Unmarshal(encoded[i], s); err != nil {
				b.Fatal(err)
			}
			store[s.Name], _ = strip(s)
		}
		stored := heap()
		argocd := NewArgoCD("argocd", ProgressiveSyncsDisabled)
		for _, s := range store {
			argocd.Put(s.(*corev1.Secret))
		}
		indexed := heap()
		runtime.KeepAlive(store)
		runtime.KeepAlive(argocd)
		runtime.KeepAlive(encoded)
		b.ReportMetric(float64(stored-start)/n, "stored-B/cluster")
		b.ReportMetric(float64(indexed-stored)/n, "index-B/cluster")
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
