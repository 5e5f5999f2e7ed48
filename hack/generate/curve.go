package main

import (
	"fmt"
	"os"

	"github.com/seawall-dev/seawall/pkg/curve"
	"github.com/seawall-dev/seawall/pkg/risk"
)

const curvePicture = "docs/images/curve.svg"

// writeCurve writes the picture of the README: kubectl seawall curve --success-rate 0.99,0.995,0.999
// --limit 0.2 -o svg.
func writeCurve(root *os.Root) error {
	request := curve.Request{}
	for _, text := range []string{"0.99", "0.995", "0.999"} {
		rate, err := risk.ParseRate(text)
		if err != nil {
			return err
		}
		request.Rates = append(request.Rates, rate)
	}
	var err error
	if request.Limit.Max, err = risk.ParseProbability("0.2"); err != nil {
		return err
	}
	picture, err := curve.New(request)
	if err != nil {
		return err
	}
	image, err := picture.SVG()
	if err != nil {
		return fmt.Errorf("drawing it: %w", err)
	}
	if err := root.MkdirAll("docs/images", 0o755); err != nil {
		return err
	}
	return root.WriteFile(curvePicture, image, 0o644)
}
