package config

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
)

// Records says which records of decisions are kept as objects of the API server.
type Records struct {
	// Queue is the number of records that wait for each sink, 100 to 1,000,000; those that are
	// alike count as one.
	Queue int
	// Events and Reports say whether there are any.
	Events, Reports bool
	// ReportRetention is how long a report is kept after its last decision.
	ReportRetention time.Duration
	// ReportsPerNamespace and ReportsTotal are the largest numbers of reports.
	ReportsPerNamespace, ReportsTotal int
}

func defaultRecords() Records {
	return Records{
		Queue: 4096, Events: true, Reports: true,
		ReportRetention: 30 * 24 * time.Hour, ReportsPerNamespace: 500, ReportsTotal: 5000,
	}
}

func (r *Records) addFlags(flags *pflag.FlagSet) {
	flags.IntVar(&r.Queue, "record-queue", r.Queue,
		"number of records that wait to be written as Events, and as reports; those that are alike count as one, more are "+
			"dropped, counted and logged")
	flags.BoolVar(&r.Events, "record-events", r.Events, "whether denials and the like become Events")
	flags.BoolVar(&r.Reports, "record-reports", r.Reports,
		"whether denials and the like become reports of OpenReports, wherever its definitions are installed")
	flags.DurationVar(&r.ReportRetention, "report-retention", r.ReportRetention, "how long a report is kept after its last decision")
	flags.IntVar(&r.ReportsPerNamespace, "reports-per-namespace", r.ReportsPerNamespace,
		"number of reports kept in one namespace, and of ClusterReports; the oldest are deleted first")
	flags.IntVar(&r.ReportsTotal, "reports-total", r.ReportsTotal, "number of reports kept in all; the oldest are deleted first")
}

func (r *Records) validate() error {
	errs := []error{
		inRange("record-queue", r.Queue, 100, 1_000_000),
		inRange("reports-per-namespace", r.ReportsPerNamespace, 1, 100_000),
		inRange("reports-total", r.ReportsTotal, 1, 100_000),
	}
	if r.ReportRetention < time.Minute {
		errs = append(errs, fmt.Errorf("--report-retention is %s: want a duration of at least 1m", r.ReportRetention))
	}
	return errors.Join(errs...)
}
