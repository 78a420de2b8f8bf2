/// A program could not be run to its end. Never holds what it wrote.
package struct SubprocessError: Error, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// There is no such program.
        case notFound
        /// The system did not start it.
        case cannotStart
        /// It ran longer than allowed and was killed.
        case timeout
        /// It wrote more than allowed and was killed.
        case outputTooLarge
        /// The task that waited was cancelled, and the program killed.
        case cancelled
    }

    package let code: Code
    package let executable: String
    package let detail: String

    package var description: String { "cannot run \(executable): \(detail)" }
}
