package config

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
)

func oneOf[T ~string](flag string, value T, allowed ...T) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("--%s is %q: want one of %q", flag, value, allowed)
}

func inRange(flag string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("--%s is %d: want a number from %d to %d", flag, value, least, most)
	}
	return nil
}

func lastsFor(flag string, value, most time.Duration) error {
	if value < 0 || value > most {
		return fmt.Errorf("--%s is %s: want a duration from 0s to %s", flag, value, most)
	}
	return nil
}

func dnsLabel(flag, value string) error {
	if problems := validation.IsDNS1123Label(value); len(problems) > 0 {
		return fmt.Errorf("--%s is %q: want the name of a namespace: %s", flag, value, problems[0])
	}
	return nil
}

func dnsName(flag, value string) error {
	if problems := validation.IsDNS1123Subdomain(value); len(problems) > 0 {
		return fmt.Errorf("--%s is %q: want the name of an object: %s", flag, value, problems[0])
	}
	return nil
}
