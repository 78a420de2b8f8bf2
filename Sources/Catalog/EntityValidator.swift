package import Base

/// Checks a document against the rules of the entity model and lists everything that is wrong with it: envelope,
/// unknown fields, field formats, what the kind asks for, refs, and what the database can hold.
package enum EntityValidator {
    /// Most bytes of an entity's definition as JSON. The largest that people keep are API definitions of some hundred
    /// kilobytes.
    package static let maximumBytes = 1 << 20
    /// Most problems that are listed for one document: enough to mend it by, and a bound for a list of 100,000 bad tags.
    package static let maximumProblems = 100

    /// The entity in a document, with its namespace filled in.
    ///
    /// - Throws: all problems at once, with the ref when kind and name could be read.
    package static func entity(from document: JSONValue) throws(InvalidEntity) -> Entity {
        guard let definition = document.objectValue else {
            let message = "Expected object at root, got \(document.typeName)"
            throw InvalidEntity(ref: nil, problems: [EntityProblem(.envelope, at: [], message)])
        }
        let ref = EntityRef(of: definition)
        let content = ContentCheck(document)
        // What is too large is not walked again.
        guard !content.isTooLarge else { throw InvalidEntity(ref: ref, problems: content.problems) }

        let envelope = envelopeProblems(document)
        let problems =
            content.problems + envelope + unknownFields(definition)
            + formatProblems(definition, except: Set(envelope.map(\.path)))
            + kindProblems(definition, ref)
        guard problems.isEmpty, let entity = Entity(validated: withNamespace(definition)) else {
            throw InvalidEntity(ref: ref, problems: Array(problems.prefix(maximumProblems)))
        }
        return entity
    }

    private static func envelopeProblems(_ document: JSONValue) -> [EntityProblem] {
        EntityShape.document.faults(in: document).map {
            EntityProblem(.envelope, at: $0.path, "Malformed envelope, \($0.path.pointer) \($0.message)")
        }
    }

    private static func unknownFields(_ definition: JSONObject) -> [EntityProblem] {
        definition.keys.filter { !EntityShape.rootKeys.contains($0) }.map {
            EntityProblem(.unknownField, at: [.key($0)], "Unknown field \($0)")
        }
    }

    private static func withNamespace(_ definition: JSONObject) -> JSONObject {
        guard var metadata = definition["metadata"]?.objectValue, metadata["namespace"] == nil else {
            return definition
        }
        metadata["namespace"] = .string(EntityRef.defaultNamespace)
        var filled = definition
        filled["metadata"] = .object(metadata)
        return filled
    }
}

extension EntityValidator {
    /// What the document's kind says about `spec`, and the refs in it.
    private static func kindProblems(_ definition: JSONObject, _ ref: EntityRef?) -> [EntityProblem] {
        guard let ref, let name = definition["kind"]?.stringValue, let version = definition["apiVersion"]?.stringValue
        else { return [] }
        guard let kind = EntityKind.named(name, apiVersion: version) else {
            let message =
                "No processor recognized the entity \(ref) as valid, "
                + "possibly caused by a foreign kind or apiVersion"
            return [EntityProblem(.unrecognized, at: [.key("kind")], message)]
        }
        guard let value = definition["spec"] else {
            return [kindProblem(ShapeFault.missing("spec", at: []))]
        }
        // That `spec` is an object is the envelope's rule.
        guard let spec = value.objectValue else { return [] }
        return kind.spec.faults(in: value, at: [.key("spec")]).map(kindProblem)
            + Relations(of: ref, spec: spec, references: kind.references).problems
    }

    private static func kindProblem(_ fault: ShapeFault) -> EntityProblem {
        EntityProblem(.kind, at: fault.path, "\(fault.path.pointer) \(fault.message) - \(fault.parameter)")
    }
}
