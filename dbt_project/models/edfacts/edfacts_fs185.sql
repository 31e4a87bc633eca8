{{ edfacts_participation('FS185', 'STUPARTMATH', 'Mathematics') }}
