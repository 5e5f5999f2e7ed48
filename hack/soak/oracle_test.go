package main

import (
	"bytes"
	"encoding/json"
	"testing"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
)

func TestAWaveIsDeniedAboveItsLimit(t *testing.T) {
	for name, test := range map[string]struct {
		n           int
		rate, limit string
		denied      bool
	}{
		"the largest that passes":        {n: 22, rate: "0.99", limit: "0.2"},
		"one more":                       {n: 23, rate: "0.99", limit: "0.2", denied: true},
		"exactly the limit":              {n: 2, rate: "0.9", limit: "0.19"},
		"a hair above":                   {n: 2, rate: "0.9", limit: "0.1899999999999999999", denied: true},
		"nothing fails":                  {n: 1000, rate: "1", limit: "0"},
		"nothing is synced":              {n: 0, rate: "0.5", limit: "0"},
		"as many as the gate lets begin": {n: gatedLargest, rate: "0.99", limit: gatedLimit},
		"more than that":                 {n: gatedLargest + 1, rate: "0.99", limit: gatedLimit, denied: true},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(denies(test.n, test.rate, test.limit)).To(Equal(test.denied))
		})
	}
}

func TestWhatIsWrongWithAVerdict(t *testing.T) {
	by := seen{limits: []string{"0.2", "0.05"}, flapping: []int{20, 23}}
	fixed := asked{rate: "0.99", environments: of(23), limits: func(seen) []string { return []string{"0.2"} }}
	moving := asked{rate: "0.99", environments: func(s seen) []int { return s.flapping }, limits: func(s seen) []string { return s.limits }}
	claimed := func(rate string, n int, limit string) asked {
		return asked{rate: rate, environments: of(n), limits: func(seen) []string { return []string{limit} }}
	}
	for name, test := range map[string]struct {
		asked asked
		said  answer
		wrong string
	}{
		"right":                               {asked: fixed, said: answer{environments: 23, limit: "0.2"}},
		"it passes":                           {asked: fixed, said: answer{allowed: true, environments: 23, limit: "0.2"}, wrong: "allowed: true"},
		"it counts another number":            {asked: fixed, said: answer{allowed: true, environments: 22, limit: "0.2"}, wrong: "22 environments"},
		"it is judged by another limit":       {asked: fixed, said: answer{environments: 23, limit: "0.05"}, wrong: "a limit of 0.05"},
		"a limit that is spelt otherwise":     {asked: fixed, said: answer{environments: 23, limit: "0.20"}},
		"nothing is said":                     {asked: fixed, said: answer{}},
		"nothing is said, and it passes":      {asked: fixed, said: answer{allowed: true}, wrong: "allowed: true"},
		"either may be":                       {asked: moving, said: answer{allowed: true}},
		"either may be, but not so":           {asked: moving, said: answer{allowed: true, environments: 23, limit: "0.2"}, wrong: "allowed: true"},
		"either may be, and it is so":         {asked: moving, said: answer{allowed: true, environments: 20, limit: "0.2"}},
		"a claim above the highest rate":      {asked: claimed("1", 60, "0.05"), said: answer{environments: 60}},
		"a claim below it":                    {asked: claimed("0.999", 51, "0.05"), said: answer{environments: 51, allowed: true}},
		"nobody judges it":                    {said: answer{allowed: true}},
		"nobody judges it, and it is refused": {wrong: "nothing is to be judged"},
		"a bomb":                              {asked: asked{bomb: true}},
		"a bomb that passes":                  {asked: asked{bomb: true}, said: answer{allowed: true}, wrong: "a bomb passes"},
	} {
		t.Run(name, func(t *testing.T) {
			found := test.asked.wrong(test.said, by)
			if test.wrong == "" {
				NewWithT(t).Expect(found).To(BeEmpty())
			} else {
				NewWithT(t).Expect(found).To(ContainSubstring(test.wrong))
			}
		})
	}
}

func TestASeedMakesTheSameReviewsAgain(t *testing.T) {
	g := NewWithT(t)
	made := &world{fleet: true}
	one, other, another := newMaker(7, made), newMaker(7, made), newMaker(8, made)
	kinds, differ := map[string]bool{}, false
	for range 2000 {
		a, b := one.next(), other.next()
		g.Expect(a.body).To(Equal(b.body))
		kinds[a.kind] = true
		differ = differ || !bytes.Equal(a.body, another.next().body)
		var review admissionv1.AdmissionReview
		g.Expect(json.Unmarshal(a.body, &review)).To(Succeed())
		g.Expect(review.Request.Resource.Version).To(Equal(review.Request.Kind.Version))
	}
	g.Expect(differ).To(BeTrue())
	g.Expect(kinds).To(HaveLen(8))
}
