{{ progress_on_track('I11s8') }}
