{{ completers('I15b', ['alternate', 'other']) }}
