{{ edfacts_participation('FS188', 'STUPARTRLA', 'ReadingLanguageArts') }}
