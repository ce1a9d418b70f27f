package web

import "github.com/sallyport/sallyport/internal/core"

// bulkActionText is an action as it is offered.
func bulkActionText(a core.BulkAction) string {
	switch a {
	case core.BulkInvite:
		return "bulk.action.invite"
	case core.BulkRequire:
		return "bulk.action.require"
	case core.BulkRemind:
		return "bulk.action.remind"
	case core.BulkReset:
		return "bulk.action.reset"
	case core.BulkType:
		return "bulk.action.type"
	case core.BulkSignOut:
		return "bulk.action.sign_out"
	case core.BulkPassword:
		return "bulk.action.password"
	case core.BulkDeactivate:
		return "bulk.action.deactivate"
	case core.BulkReactivate:
		return "bulk.action.reactivate"
	case core.BulkJoin:
		return "bulk.action.join"
	}
	return "bulk.action.leave"
}

// bulkWillText says what an action does to people who are not skipped.
func bulkWillText(a core.BulkAction) string {
	switch a {
	case core.BulkInvite:
		return "bulk.will.invite"
	case core.BulkRequire:
		return "bulk.will.require"
	case core.BulkRemind:
		return "bulk.will.remind"
	case core.BulkReset:
		return "bulk.will.reset"
	case core.BulkType:
		return "bulk.will.type"
	case core.BulkSignOut:
		return "bulk.will.sign_out"
	case core.BulkPassword:
		return "bulk.will.password"
	case core.BulkDeactivate:
		return "bulk.will.deactivate"
	case core.BulkReactivate:
		return "bulk.will.reactivate"
	case core.BulkJoin:
		return "bulk.will.join"
	}
	return "bulk.will.leave"
}

// bulkReasonText says why somebody is skipped.
func bulkReasonText(reason string) string {
	switch reason {
	case "self":
		return "bulk.reason.self"
	case "above":
		return "bulk.reason.above"
	case "gone":
		return "bulk.reason.gone"
	case "last":
		return "bulk.reason.last"
	case "no_address":
		return "bulk.reason.no_address"
	case "no_access":
		return "bulk.reason.no_access"
	case "not_invited":
		return "bulk.reason.not_invited"
	case "cannot":
		return "bulk.reason.cannot"
	case "inactive":
		return "bulk.reason.inactive"
	case "not_inactive":
		return "bulk.reason.not_inactive"
	}
	return bulkReasonTextMore(reason)
}

func bulkReasonTextMore(reason string) string {
	switch reason {
	case "required":
		return "bulk.reason.required"
	case "no_step":
		return "bulk.reason.no_step"
	case "has_app":
		return "bulk.reason.has_app"
	case "no_factor":
		return "bulk.reason.no_factor"
	case "waits":
		return "bulk.reason.waits"
	case "has_type":
		return "bulk.reason.has_type"
	case "due":
		return "bulk.reason.due"
	case "member":
		return "bulk.reason.member"
	case "not_member":
		return "bulk.reason.not_member"
	}
	return "bulk.reason.changed"
}

// bulkStateText is a state of a job that was started.
func bulkStateText(j core.BulkJob) string {
	switch {
	case j.State == core.BulkDone && j.Counts.Failed > 0:
		return "bulk.state.partly"
	case j.State == core.BulkDone:
		return "bulk.state.done"
	case j.State == core.BulkStopped:
		return "bulk.state.stopped"
	}
	return "bulk.state.running"
}

// bulkOutcomeText is what became of a person.
func bulkOutcomeText(o core.BulkOutcome) string {
	switch o {
	case core.BulkItemDone:
		return "bulk.outcome.done"
	case core.BulkItemSkipped:
		return "bulk.outcome.skipped"
	case core.BulkItemFailed:
		return "bulk.outcome.failed"
	}
	return "bulk.outcome.waiting"
}
