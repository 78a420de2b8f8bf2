import Base
import Catalog
import Testing

/// A component with what every component needs, then changed by `change`.
func component(
    _ name: String = "shop", _ change: (inout JSONObject, inout JSONObject) -> Void = { _, _ in }
) -> JSONValue {
    document(
        kind: "Component", name: name, spec: ["type": "service", "lifecycle": "production", "owner": "team-a"], change)
}

/// A document of a kind; `change` gets its metadata and spec.
func document(
    kind: String, name: String = "shop", spec: JSONObject,
    _ change: (inout JSONObject, inout JSONObject) -> Void = { _, _ in }
) -> JSONValue {
    var metadata: JSONObject = ["name": .string(name)]
    var spec = spec
    change(&metadata, &spec)
    return [
        "apiVersion": "backstage.io/v1alpha1", "kind": .string(kind), "metadata": .object(metadata),
        "spec": .object(spec),
    ]
}

/// The messages of all that is wrong with a document; empty when it is an entity.
func problems(_ document: JSONValue) -> [String] {
    do {
        _ = try EntityValidator.entity(from: document)
        return []
    } catch {
        return error.problems.map(\.message)
    }
}

extension RandomNumberGenerator {
    /// A text of some of these scalars.
    mutating func text(of scalars: String, lengths: ClosedRange<Int>) -> String {
        let choices = Array(scalars.unicodeScalars)
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: lengths, using: &self) {
            if let scalar = choices.randomElement(using: &self) { text.append(scalar) }
        }
        return String(text)
    }
}
