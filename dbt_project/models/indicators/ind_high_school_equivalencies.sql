{{ completers('I15c', ['equivalency']) }}
