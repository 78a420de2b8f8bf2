/// A Kubernetes label selector in its string form: terms that must all hold (apimachinery `pkg/labels`).
package struct LabelSelector: Sendable, Hashable {
    /// The terms in canonical order: by key, then by text. Empty means "everything", which callers refuse.
    package let requirements: [LabelRequirement]

    /// Takes terms in any order. They are not validated.
    package init(_ requirements: [LabelRequirement]) {
        self.requirements = requirements.sorted {
            $0.key == $1.key ? $0.description < $1.description : $0.key < $1.key
        }
    }

    /// Reads the string form. An empty or blank text gives a selector without terms.
    package init(parsing text: String) throws(LabelSelectorError) {
        var parser = try LabelSelectorParser(text)
        self.init(try parser.parse())
    }

    /// Whether there is no term, so that every object would match.
    package var isEmpty: Bool { requirements.isEmpty }

    /// Whether an object with these labels satisfies every term.
    package func matches(_ labels: Labels) -> Bool {
        requirements.allSatisfy { $0.matches(labels) }
    }
}

extension LabelSelector: CustomStringConvertible {
    /// The canonical text; parsing it gives an equal selector.
    package var description: String {
        requirements.map(\.description).joined(separator: ",")
    }
}
