package config

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
)

// ReviewBytes returns ReviewMemory in bytes; zero is half of GOMEMLIMIT.
func (c *Config) ReviewBytes() int64 {
	quantity, _ := resource.ParseQuantity(c.ReviewMemory) // Validate has looked
	return quantity.Value()
}

func (c *Config) validateReviewMemory() error {
	quantity, err := resource.ParseQuantity(c.ReviewMemory)
	if err != nil || quantity.Sign() != 0 && (quantity.Value() < leastReviewMemory || quantity.Value() > mostReviewMemory) {
		return fmt.Errorf("--review-memory is %q: want 0 or a quantity from 32Mi to 1Ti", c.ReviewMemory)
	}
	return nil
}
