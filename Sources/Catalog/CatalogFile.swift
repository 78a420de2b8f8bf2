package import Base

/// One document of a catalog file: an entity, or what is wrong with it.
package struct ParsedDocument: Sendable {
    /// What a document turned out to be.
    package enum Outcome: Sendable {
        case entity(Entity)
        /// Never empty.
        case invalid([DocumentProblem])
    }

    /// Where the document begins.
    package let location: SourceLocation
    /// Nil when kind and name could not be read. A document that became invalid still says here which entity it was, so
    /// that the entity can be kept.
    package let ref: EntityRef?
    package let outcome: Outcome

    /// Stands for an entity, or a part of one, that could not be made of what stands at a location.
    package static func unmade(_ ref: EntityRef?, at location: String, because message: String) -> ParsedDocument {
        let place = SourceLocation(file: location)
        return ParsedDocument(
            location: place, ref: ref, outcome: .invalid([DocumentProblem(.annotation, at: place, message)]))
    }

    /// Nil when the document is invalid.
    package var entity: Entity? { if case .entity(let entity) = outcome { entity } else { nil } }
    /// Empty when the document is an entity.
    package var problems: [DocumentProblem] { if case .invalid(let problems) = outcome { problems } else { [] } }
}

/// Why a document of a catalog file is not used, and where to look.
package struct DocumentProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// What stage refused it.
    package enum Code: Sendable, Hashable {
        /// The text is not YAML.
        case syntax
        /// The file names the same entity again.
        case duplicate
        /// What a placeholder (`$text`, `$json`, `$yaml`) names cannot be filled in.
        case placeholder
        /// Its kind may not come from there.
        case notAllowed
        /// A canonical file cannot be read.
        case canonical
        /// Nothing of a canonical file is used, because another location has one of its entities.
        case conflict
        /// Nothing of a canonical file is used, because it would remove too much.
        case deletionLimit
        /// An annotation of the workload that it is made from cannot be used.
        case annotation
        /// The YAML is not an entity.
        case entity(EntityProblem.Code)
    }

    package let code: Code
    package let location: SourceLocation
    /// The reason alone.
    package let message: String

    init(_ code: Code, at location: SourceLocation, _ message: String) {
        self.code = code
        self.location = location
        self.message = message.storable
    }

    /// For metrics: one of a fixed set.
    package var label: String {
        switch code {
        case .syntax: "syntax"
        case .duplicate: "duplicate"
        case .placeholder: "placeholder"
        case .notAllowed: "not_allowed"
        case .canonical: "canonical"
        case .conflict: "conflict"
        case .deletionLimit: "deletion_limit"
        case .annotation: "annotation"
        case .entity(let code): code.rawValue
        }
    }

    /// `file:line:column: reason`.
    package var description: String { "\(location): \(message)" }
}

/// A catalog file, YAML (or JSON, which is YAML too) of one or more documents, taken apart and not yet looked into: what its
/// placeholders stand for is read in between.
package struct CatalogFile: Sendable {
    /// As messages show it.
    private let name: String
    private let nodes: [Result<YAMLNode, YAMLError>]

    package init(_ bytes: [UInt8], name: String) {
        self.name = name
        nodes = YAML.documents(bytes)
    }

    /// The documents of a file in order; empty ones are left out. Each stands for itself: one that is wrong does not
    /// keep the others from being used. Placeholders stay what they are.
    ///
    /// - Parameter name: the file as messages show it.
    package static func documents(_ bytes: [UInt8], name: String) -> [ParsedDocument] {
        CatalogFile(bytes, name: name).documents()
    }

    /// What is to be read before the documents can be looked into.
    package var placeholders: [Placeholder] {
        nodes.flatMap { (try? $0.get())?.placeholders ?? [] }
    }

    /// The documents for who reads nothing but the file: with something in the place of what placeholders name.
    package func documentsAlone() -> [ParsedDocument] {
        documents(filling: Dictionary(placeholders.map { ($0, .success($0.unread)) }) { first, _ in first })
    }

    /// The documents with their placeholders filled in.
    package func documents(filling values: PlaceholderValues = [:]) -> [ParsedDocument] {
        var first: [EntityRef: SourceLocation] = [:]
        return nodes.map { result in
            switch result {
            case .failure(let error): return invalid(.syntax, at: error.position, "YAML error: \(error.message)")
            case .success(let node):
                let document = document(node, values)
                guard let ref = document.entity?.ref else { return document }
                guard let earlier = first[ref] else {
                    first[ref] = document.location
                    return document
                }
                return invalid(
                    .duplicate, at: node.position, "\(ref) is defined again; the definition at \(earlier) is used", ref)
            }
        }
    }

    private func invalid(
        _ code: DocumentProblem.Code, at position: SourcePosition, _ message: String, _ ref: EntityRef? = nil
    ) -> ParsedDocument {
        let location = SourceLocation(file: name, position: position)
        return ParsedDocument(
            location: location, ref: ref, outcome: .invalid([DocumentProblem(code, at: location, message)]))
    }

    private func document(_ original: YAMLNode, _ values: PlaceholderValues) -> ParsedDocument {
        let location = SourceLocation(file: name, position: original.position)
        var failures: [(Placeholder, PlaceholderError)] = []
        let node = values.isEmpty ? original : original.filled(values, &failures)
        let unfilled = failures.map { placeholder, error in
            let named = placeholder.target.map { " \($0)" } ?? ""
            let place = SourceLocation(file: name, position: placeholder.position)
            return DocumentProblem(.placeholder, at: place, "\(placeholder.kind.rawValue)\(named) \(error)")
        }
        if !unfilled.isEmpty {
            let ref = original.json.objectValue.flatMap(EntityRef.init(of:))
            return ParsedDocument(location: location, ref: ref, outcome: .invalid(unfilled))
        }
        do throws(InvalidEntity) {
            let entity = try EntityValidator.entity(from: node.json)
            return ParsedDocument(location: location, ref: entity.ref, outcome: .entity(entity))
        } catch {
            let problems = error.problems.map { problem in
                let position = node.position(of: problem.path) ?? node.position
                let place = SourceLocation(file: name, position: position)
                return DocumentProblem(.entity(problem.code), at: place, problem.message)
            }
            return ParsedDocument(location: location, ref: error.ref, outcome: .invalid(problems))
        }
    }
}
