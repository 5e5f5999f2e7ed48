package inventory

import (
	"fmt"
	"math/rand/v2"
	"testing"

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
		b.Run(fmt.Sprintf("%s/%d-of-%d", bm.selector, len(index.selected("", selector)), bm.of), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				index.selected("", selector)
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
					index := newIndex[int](nil, 0)
					for i := range n {
						key := i
						if keys != nil {
							key = keys[i]
						}
						index.set(entry(fmt.Sprintf("%06d", key), labels.Set{"tier": "web", "ring": fmt.Sprint(i % 10)}, i), nil)
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
				index.set(entry("000001", labels.Set{"tier": "web", "zone": "1", "ring": fmt.Sprint(i % 2)}, 1), nil)
			}
		})
	}
}
