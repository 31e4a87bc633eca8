{{ progress_on_track('I10b') }}
