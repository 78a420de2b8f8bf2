package import Base

/// Writes label selectors as `kubectl -l` reads them.
package enum SelectorNotation {
    /// A `LabelSelector` of an object; nil when it has no requirement, or one that cannot be read: leaving that out would
    /// select too much.
    package static func text(_ selector: JSONValue?) -> String? {
        guard let selector, var terms = equalities(selector["matchLabels"]) else { return nil }
        for expression in selector["matchExpressions"]?.arrayValue ?? [] {
            guard let term = term(expression) else { return nil }
            terms.append(term)
        }
        return terms.isEmpty ? nil : terms.joined(separator: ",")
    }

    /// Labels that all must be there; nil when there are none.
    package static func text(labels: JSONValue?) -> String? {
        guard let terms = equalities(labels), !terms.isEmpty else { return nil }
        return terms.joined(separator: ",")
    }

    /// Nil when a value is no text.
    private static func equalities(_ labels: JSONValue?) -> [String]? {
        (labels?.objectValue ?? [:]).sorted { $0.key < $1.key }.mapOrNil { key, value in
            value.stringValue.map { "\(key)=\($0)" }
        }
    }

    private static func term(_ expression: JSONValue) -> String? {
        guard let key = expression["key"]?.stringValue, !key.isEmpty else { return nil }
        let values = (expression["values"]?.strings ?? []).joined(separator: ",")
        switch expression["operator"]?.stringValue {
        case "In": return "\(key) in (\(values))"
        case "NotIn": return "\(key) notin (\(values))"
        case "Exists": return key
        case "DoesNotExist": return "!\(key)"
        default: return nil
        }
    }
}

extension SelectorNotation {
    /// The parts of an object that `automatic` reads.
    package static let fields = [
        ["spec", "selector"], ["spec", "jobTemplate", "spec", "template", "metadata", "labels"],
    ]

    /// The selector of an object's pods. A CronJob has none: its pods have the labels of its Jobs' template, or, when those
    /// have none, the workload is found by its own labels. Nil: nobody knows.
    package static func automatic(for object: JSONValue, isCronJob: Bool) -> String? {
        let spec = object["spec"]
        guard isCronJob else { return text(spec?["selector"]) }
        let template = spec?["jobTemplate"]?["spec"]?["template"]
        return text(labels: template?["metadata"]?["labels"]) ?? text(labels: object["metadata"]?["labels"])
    }
}
