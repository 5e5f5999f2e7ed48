package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	admissionv1 "k8s.io/api/admission/v1"
)

// seen is what a replica may have seen of the cluster when it judged: what was stored, and what was not long before.
type seen struct {
	// limits are those of the policy that changes, and flapping the numbers of clusters that come and go.
	limits   []string
	flapping []int
}

// answer is what came back.
type answer struct {
	allowed bool
	// failure is why Seawall could not judge, as it says itself; empty if it has judged.
	failure string
	// environments are those of the wave, and limit the one by which it is judged; 0 and empty where it says none.
	environments int
	limit        string
	message      string
}

// readAnswer reads the AdmissionReview that came back.
func readAnswer(body []byte) (answer, error) {
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(body, &review); err != nil || review.Response == nil {
		return answer{}, fmt.Errorf("no AdmissionReview with a response: %w: %.200s", err, body)
	}
	said := review.Response.AuditAnnotations
	read := answer{allowed: review.Response.Allowed, limit: said["limit"], message: said["message"]}
	if said["decision"] == "Error" {
		read.failure = said["reason"]
	}
	if text := said["wave-environments"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return read, fmt.Errorf("wave-environments: %w", err)
		}
		read.environments = n
	}
	return read, nil
}

// highestRate is the most that a claim of a rollout counts for where its policy does not say: successRate.max.
const highestRate = "0.999"

// believed is the success rate that counts of one that a rollout claims.
func believed(claimed string) string {
	if fraction(claimed).Cmp(fraction(highestRate)) > 0 {
		return highestRate
	}
	return claimed
}

// denies says whether a wave of n is above a limit: 1 − pⁿ > limit, reckoned in fractions, so that nothing is rounded.
func denies(n int, rate, limit string) bool {
	passes := big.NewRat(1, 1)
	for range n {
		passes.Mul(passes, fraction(rate))
	}
	return new(big.Rat).Sub(big.NewRat(1, 1), passes).Cmp(fraction(limit)) > 0
}

// fraction is that of a decimal number that this program wrote itself.
func fraction(text string) *big.Rat {
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("not a number: " + text)
	}
	return number
}

// wrong says what is wrong with an answer that judges; it is empty if nothing is.
func (a *asked) wrong(said answer, by seen) string {
	switch {
	case a.bomb && said.allowed:
		return "a bomb passes"
	case a.bomb:
		return ""
	case a.environments == nil && !said.allowed:
		return "nothing is to be judged, and it is denied: " + said.message
	case a.environments == nil:
		return ""
	}
	return a.misjudged(said, a.environments(by), a.limits(by))
}

// misjudged says what is wrong with a verdict about so many environments, by one of some limits: what it says of itself must
// be among these, and follow.
func (a *asked) misjudged(said answer, counts []int, limits []string) string {
	if said.environments != 0 {
		if !slices.Contains(counts, said.environments) {
			return fmt.Sprintf("it says %d environments, which are %v: %s", said.environments, counts, said.message)
		}
		counts = []int{said.environments}
	}
	if said.limit != "" {
		same := func(limit string) bool { return fraction(limit).Cmp(fraction(said.limit)) == 0 }
		if !slices.ContainsFunc(limits, same) {
			return fmt.Sprintf("it says a limit of %s, which is %v", said.limit, limits)
		}
		limits = []string{said.limit}
	}
	rate := believed(a.rate)
	for _, n := range counts {
		for _, limit := range limits {
			if denies(n, rate, limit) != said.allowed {
				return ""
			}
		}
	}
	return fmt.Sprintf("allowed: %t, for %v environments at %s each and a limit of %v: %s", said.allowed, counts, rate, limits, said.message)
}
