package import Catalog

/// One rule about actions, in Backstage's terms: what it says must all hold of an action.
package struct ActionRule: Sendable {
    /// The form of ids such as `catalog:*`; nil: any.
    package var id: Glob?
    /// Nil: either.
    package var isDestructive: Bool?
    package var isReadOnly: Bool?
    package var isIdempotent: Bool?

    /// A rule that every action keeps, until something is said.
    package init() {}

    func fits(_ action: ActionDefinition) -> Bool {
        let attributes = action.attributes
        return id?.matches(action.id) ?? true
            && isDestructive.map { $0 == attributes.isDestructive } ?? true
            && isReadOnly.map { $0 == attributes.isReadOnly } ?? true
            && isIdempotent.map { $0 == attributes.isIdempotent } ?? true
    }
}

/// Which actions are offered somewhere.
package struct ActionFilter: Sendable {
    /// One of these must fit; nil: nothing is asked for. An empty list lets nothing pass.
    package var include: [ActionRule]?
    /// What one of these fits is left out, whatever else is said of it.
    package var exclude: [ActionRule] = []

    /// Lets everything pass, until something is said.
    package init() {}

    /// Whether an action is offered.
    package func lets(_ action: ActionDefinition) -> Bool {
        guard !exclude.contains(where: { $0.fits(action) }) else { return false }
        return include?.contains { $0.fits(action) } ?? true
    }
}
