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
        case .entity(let code): code.rawValue
        }
    }

    /// `file:line:column: reason`.
    package var description: String { "\(location): \(message)" }
}

/// Reads catalog files: YAML (or JSON, which is YAML too) of one or more documents.
package enum CatalogFile {
    /// The documents of a file in order; empty ones are left out. Each stands for itself: one that is wrong does not
    /// keep the others from being used.
    ///
    /// - Parameter name: the file as messages show it.
    package static func documents(_ bytes: [UInt8], name: String) -> [ParsedDocument] {
        var first: [EntityRef: SourceLocation] = [:]
        return YAML.documents(bytes).map { result in
            switch result {
            case .failure(let error):
                let location = SourceLocation(file: name, position: error.position)
                let problem = DocumentProblem(.syntax, at: location, "YAML error: \(error.message)")
                return ParsedDocument(location: location, ref: nil, outcome: .invalid([problem]))
            case .success(let node):
                let document = document(node, name: name)
                guard let ref = document.entity?.ref else { return document }
                guard let earlier = first[ref] else {
                    first[ref] = document.location
                    return document
                }
                let problem = DocumentProblem(
                    .duplicate, at: document.location, "\(ref) is defined again; the definition at \(earlier) is used")
                return ParsedDocument(location: document.location, ref: ref, outcome: .invalid([problem]))
            }
        }
    }

    private static func document(_ node: YAMLNode, name: String) -> ParsedDocument {
        let location = SourceLocation(file: name, position: node.position)
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
