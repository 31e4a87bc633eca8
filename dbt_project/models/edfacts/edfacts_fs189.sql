{{ edfacts_participation('FS189', 'STUPARTSCI', 'Science') }}
