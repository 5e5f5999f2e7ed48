package config

import (
	"fmt"
	"math"
	"net/url"
	"slices"
)

func (c *Config) validateTracing() error {
	endpoint, err := url.Parse(c.TracingEndpoint)
	isURL := err == nil && slices.Contains([]string{"http", "https"}, endpoint.Scheme) && endpoint.Host != ""
	if c.TracingEndpoint != "" && !isURL {
		return fmt.Errorf("--tracing-endpoint is %q: want a URL such as http://collector:4318, or nothing", c.TracingEndpoint)
	}
	if ratio := c.TracingSamplingRatio; math.IsNaN(ratio) || ratio < 0 || ratio > 1 {
		return fmt.Errorf("--tracing-sampling-ratio is %v: want a number from 0 to 1", ratio)
	}
	return nil
}
