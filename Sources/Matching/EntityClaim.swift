/// What came of an entity's Kubernetes annotations.
package enum EntityClaim: Sendable, Hashable {
    /// It claims the workloads that the selector finds.
    case selector(EntitySelector)
    /// It claims nothing.
    case absent
    /// It meant to claim something, but the annotation cannot be used. It matches nothing; the refusal is shown on
    /// the entity.
    case refused(SelectorRefusal)
}

/// An annotation that should select workloads cannot be used, so the entity matches none.
package struct SelectorRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// What makes it unusable.
    package enum Code: String, Sendable {
        case unparsable, matchesEverything, invalidKubernetesID
    }

    /// What makes the annotation unusable.
    package let code: Code
    /// The annotation's key.
    package let annotation: String
    /// What is wrong with it.
    package let detail: String

    /// For metrics and status items: one of a fixed set.
    package var label: String { code.rawValue }
    /// For the status item of the entity.
    package var description: String { "annotation \(annotation) matches no workload: \(detail)" }
}

extension EntitySelector {
    /// The annotation that holds a label selector.
    package static let labelSelectorAnnotation = "backstage.io/kubernetes-label-selector"
    /// The annotation that holds an id.
    package static let kubernetesIDAnnotation = "backstage.io/kubernetes-id"

    /// Decides what an entity claims. The label selector is the stronger rule; the id counts only where the selector
    /// is absent or blank. A selector that cannot be used does not fall back to the id.
    /// - Parameters:
    ///   - labelSelector: value of `backstage.io/kubernetes-label-selector`; nil or blank: absent.
    ///   - kubernetesID: value of `backstage.io/kubernetes-id`; nil or blank: absent.
    ///   - namespaces: items of `backstage.io/kubernetes-namespace`; blank items are dropped, none left: all.
    ///   - clusters: items of `backstage.io/kubernetes-cluster`; the same.
    package static func make(
        ref: String, labelSelector: String?, kubernetesID: String?, namespaces: [String] = [], clusters: [String] = []
    ) -> EntityClaim {
        func claim(_ selector: LabelSelector, _ rule: Rule, _ annotation: String) -> EntityClaim {
            let selector = EntitySelector(
                entityRef: ref, selector: selector, rule: rule, namespaces: names(namespaces),
                clusters: names(clusters))
            if let selector { return .selector(selector) }
            return .refused(
                SelectorRefusal(
                    code: .matchesEverything, annotation: annotation,
                    detail: "it has no requirement, so it would match everything"))
        }
        if let text = labelSelector, !text.trimmed.isEmpty {
            do {
                return claim(try LabelSelector(parsing: text), .labelSelector, labelSelectorAnnotation)
            } catch {
                return .refused(
                    SelectorRefusal(code: .unparsable, annotation: labelSelectorAnnotation, detail: "\(error)"))
            }
        }
        guard let id = kubernetesID?.trimmed, !id.isEmpty else { return .absent }
        if let expectation = LabelSyntax.expectation(forValue: id) {
            let detail = "found '\(id)', expected \(expectation)"
            return .refused(
                SelectorRefusal(code: .invalidKubernetesID, annotation: kubernetesIDAnnotation, detail: detail))
        }
        let selector = LabelSelector([LabelRequirement(kubernetesIDLabel, .equals(String(id)))])
        return claim(selector, .kubernetesID, kubernetesIDAnnotation)
    }

    /// Splits the comma list of a narrowing annotation; nil gives no items.
    package static func items(ofList text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { String($0.trimmed) }.filter { !$0.isEmpty }
    }

    private static func names(_ items: [String]) -> Set<String> {
        Set(items.lazy.map { String($0.trimmed) }.filter { !$0.isEmpty })
    }
}

extension StringProtocol {
    /// Without the white space of a label selector at both ends.
    fileprivate var trimmed: SubSequence {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" || $0 == "\r\n" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return self[endIndex...]
        }
        return self[first...last]
    }
}
