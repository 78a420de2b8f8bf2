/// An answer of a tool for which nothing has to be waited. Two of a tool with the same name and the same source are the
/// same: it is written once for both.
package struct ToolAnswerAtHand: Sendable {
    let name: String
    let source: [UInt8]
    let begin: @Sendable () throws(ToolFailure) -> Void
    let result: @Sendable () -> ToolResult?

    /// - Parameters:
    ///   - name: which of the tool's answers it is.
    ///   - source: what it is made of.
    ///   - begin: is called once for each call that is answered so, first; throws why it is not.
    ///   - result: makes it; nil: the tool is to be called.
    package init(
        name: String, source: [UInt8], begin: @escaping @Sendable () throws(ToolFailure) -> Void,
        result: @escaping @Sendable () -> ToolResult?
    ) {
        self.name = name
        self.source = source
        self.begin = begin
        self.result = result
    }
}
