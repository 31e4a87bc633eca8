{{ completers('I15a', ['regular']) }}
